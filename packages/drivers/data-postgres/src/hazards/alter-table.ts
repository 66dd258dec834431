import type { AlterTableCmd, ColumnDef, Constraint, Node } from 'libpg-query';
import { isRewritten, nameOf } from './column-types.ts';
import type { Finding, Rule } from './model.ts';
import { type Catalog, isSmall, type TableFacts } from './tables.ts';

/** What is dangerous about the commands of an ALTER TABLE, each on its own. */
export const alterTable: Rule = (node, catalog) => {
  if (!('AlterTableStmt' in node)) return [];
  const { relation, cmds = [] } = node.AlterTableStmt;
  const table = relation && catalog.table(relation);
  if (table === undefined) return [];
  return cmds.flatMap((command) =>
    'AlterTableCmd' in command ? judge({ command: command.AlterTableCmd, table, catalog }) : [],
  );
};

interface Case {
  readonly command: AlterTableCmd;
  readonly table: TableFacts;
  readonly catalog: Catalog;
}

function judge({ command, table, catalog }: Case): readonly Finding[] {
  const { name = '', def } = command;
  switch (command.subtype) {
    case 'AT_AddColumn':
      return def && 'ColumnDef' in def ? addColumn(def.ColumnDef, table, catalog) : [];
    case 'AT_DropColumn':
      return [dropped(table, `the column ${name}`)];
    case 'AT_AlterColumnType':
      return def && 'ColumnDef' in def ? alterType(name, def.ColumnDef, table) : [];
    case 'AT_SetNotNull':
      return setNotNull(name, table);
    case 'AT_AddConstraint':
      return def && 'Constraint' in def ? addConstraint(def.Constraint, table, catalog) : [];
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
    case 'AT_SetTableSpace':
    case 'AT_SetAccessMethod':
      return unlessSmall(table, {
        rule: 'storage-rewrites',
        effect: 'blocks reads and writes',
        what: 'writes the whole table anew while nobody may read it',
        remedy: 'make a new table so, copy in batches, and swap the names',
      });
    default:
      return [];
  }
}

function addColumn(column: ColumnDef, table: TableFacts, catalog: Catalog): readonly Finding[] {
  const name = column.colname ?? '';
  const constraints = (column.constraints ?? []).flatMap((one) => ('Constraint' in one ? [one.Constraint] : []));
  const find = (type: Constraint['contype']) => constraints.find(({ contype }) => contype === type);
  const type = nameOf(column.typeName ?? {}).name;
  const given = find('CONSTR_DEFAULT')?.raw_expr;
  const generated = find('CONSTR_GENERATED');
  const fills = SERIALS.has(type) || find('CONSTR_IDENTITY') !== undefined;
  const findings: Finding[] = [];

  if (find('CONSTR_NOTNULL') && given === undefined && !fills && !generated && table.bytes > 0) {
    const what = `fails on rows that are there: ${name} would be NULL in them`;
    findings.push({
      rule: 'column-not-null',
      table,
      effect: 'fails',
      what,
      remedy: `give it a DEFAULT, or add it without NOT NULL, fill it in batches, and add NOT NULL later`,
    });
  }
  const stored = generated !== undefined && generated.generated_kind !== 'v';
  const volatile = given !== undefined && callsVolatile(given, catalog);
  if (fills || stored || volatile) {
    findings.push(
      ...unlessSmall(table, {
        rule: 'column-default-rewrites',
        effect: 'blocks reads and writes',
        what: `gives ${name} another value in every row, which writes the whole table anew while nobody may read it`,
        remedy: `add ${name} without a default, set the default in a second statement, and fill the old rows in batches`,
      }),
    );
  }
  if (find('CONSTR_UNIQUE') ?? find('CONSTR_PRIMARY')) {
    findings.push(
      ...unlessSmall(table, {
        rule: 'column-builds-index',
        effect: 'blocks reads and writes',
        what: `builds the index of ${name} while nobody may read the table`,
        remedy: `add ${name} alone, then CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX`,
      }),
    );
  }
  // Without a default the column is NULL everywhere, and PostgreSQL looks at no row for a key.
  const checked = find('CONSTR_CHECK') ?? (given === undefined ? undefined : find('CONSTR_FOREIGN'));
  return checked === undefined ? findings : [...findings, ...addConstraint(checked, table, catalog)];
}

const SERIALS: ReadonlySet<string> = new Set(['serial', 'bigserial', 'smallserial', 'serial2', 'serial4', 'serial8']);

/** Any call inside of the expression. */
function callsVolatile(node: Node, catalog: Catalog): boolean {
  if ('FuncCall' in node) {
    const last = node.FuncCall.funcname?.at(-1);
    if (last !== undefined && 'String' in last && catalog.isVolatile(last.String.sval ?? '')) return true;
  }
  return Object.values(node).some((part: unknown) => isPart(part, (inner) => callsVolatile(inner, catalog)));
}

function isPart(part: unknown, holds: (node: Node) => boolean): boolean {
  if (Array.isArray(part)) return part.some((item) => isPart(item, holds));
  if (typeof part !== 'object' || part === null) return false;
  return holds(part as Node);
}

function alterType(name: string, { typeName, raw_default: using }: ColumnDef, table: TableFacts): readonly Finding[] {
  const from = table.columns[name]?.type;
  if (from === undefined || typeName === undefined) return [];
  if (using === undefined && !isRewritten(from, typeName)) return [];
  return unlessSmall(table, {
    rule: 'column-type-rewrites',
    effect: 'blocks reads and writes',
    what: `writes the whole table anew while nobody may read it: ${name} is ${from} now`,
    remedy: `add a column of the new type, write both, fill the old rows in batches, read the new one, then drop ${name}`,
  });
}

function setNotNull(name: string, table: TableFacts): readonly Finding[] {
  if (table.columns[name]?.notNull || isProven(name, table)) return [];
  return unlessSmall(table, {
    rule: 'set-not-null-scans',
    effect: 'blocks reads and writes',
    what: `reads the whole table while nobody else may, to see that ${name} is NULL nowhere`,
    remedy: `first ADD CONSTRAINT … CHECK (${name} IS NOT NULL) NOT VALID, in the next file VALIDATE CONSTRAINT, then SET NOT NULL reads nothing`,
  });
}

/** By a constraint that holds for every row, PostgreSQL knows it without a look. */
function isProven(name: string, { checks }: TableFacts): boolean {
  const quoted = /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
  return Object.values(checks).includes(`CHECK ((${quoted} IS NOT NULL))`);
}

function addConstraint(constraint: Constraint, table: TableFacts, catalog: Catalog): readonly Finding[] {
  const { contype, skip_validation: later, indexname, conname, pktable } = constraint;
  switch (contype) {
    case 'CONSTR_FOREIGN': {
      if (later) return [];
      const target = pktable && catalog.table(pktable);
      const both = target === undefined ? 'the table' : `both it and ${target.name}`;
      return unlessSmall(table, {
        rule: 'constraint-scans',
        effect: 'blocks writes',
        what: `reads the whole table while nobody may write ${both}`,
        remedy: 'add it NOT VALID, and VALIDATE CONSTRAINT in the next file, which blocks nobody',
      });
    }
    case 'CONSTR_CHECK':
    case 'CONSTR_NOTNULL':
      if (later) return [];
      return unlessSmall(table, {
        rule: 'constraint-scans',
        effect: 'blocks reads and writes',
        what: 'reads the whole table while nobody else may',
        remedy: 'add it NOT VALID, and VALIDATE CONSTRAINT in the next file, which blocks nobody',
      });
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION':
      if (indexname) return [];
      return unlessSmall(table, {
        rule: 'constraint-builds-index',
        effect: 'blocks reads and writes',
        what: `builds the index of ${conname ?? 'the constraint'} while nobody may read the table`,
        remedy:
          contype === 'CONSTR_EXCLUSION'
            ? 'there is no way without the lock: do it on a copy, or allow it at a quiet hour'
            : 'first CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX',
      });
    default:
      return [];
  }
}

/** What takes away waits until nobody needs it. */
export const CONTRACT =
  'put it into a file that ends in .contract.sql: it runs after the bake, when no older revision does';

export function dropped(table: TableFacts, what: string): Finding {
  return {
    rule: 'drop',
    table,
    effect: 'breaks the running revision',
    what: `drops ${what}, which the revision that runs may still use, and a rollback would need`,
    remedy: CONTRACT,
  };
}

export function unlessSmall(table: TableFacts, finding: Omit<Finding, 'table'>): readonly Finding[] {
  return isSmall(table) ? [] : [{ ...finding, table }];
}
