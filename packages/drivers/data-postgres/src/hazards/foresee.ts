import type { Constraint, Node, RangeVar } from 'libpg-query';
import type { Catalog, TableFacts } from './tables.ts';

/**
 * The catalog after a statement, as far as the rules ask: a CHECK that a column IS NOT NULL, once it is validated, spares
 * SET NOT NULL its scan. One that is added NOT VALID is kept under a mark until VALIDATE CONSTRAINT takes the mark off.
 */
export function foresee(node: Node, catalog: Catalog): Catalog {
  if (!('AlterTableStmt' in node)) return catalog;
  const { relation, cmds = [] } = node.AlterTableStmt;
  const table = relation && catalog.table(relation);
  if (table === undefined) return catalog;
  let checks = table.checks;
  for (const command of cmds) {
    if (!('AlterTableCmd' in command)) continue;
    const { subtype, name = '', def } = command.AlterTableCmd;
    if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def) checks = { ...checks, ...added(def.Constraint) };
    if (subtype === 'AT_ValidateConstraint') checks = validated(checks, name);
  }
  return checks === table.checks ? catalog : withTable(catalog, { ...table, checks });
}

const NOT_VALID = ' NOT VALID';

function added({ contype, conname = '', raw_expr: test, skip_validation: later }: Constraint): Record<string, string> {
  if (contype !== 'CONSTR_CHECK' || test === undefined || !('NullTest' in test)) return {};
  const { arg, nulltesttype } = test.NullTest;
  const field = arg && 'ColumnRef' in arg ? arg.ColumnRef.fields?.at(-1) : undefined;
  if (nulltesttype !== 'IS_NOT_NULL' || field === undefined || !('String' in field)) return {};
  return { [conname]: `CHECK ((${field.String.sval} IS NOT NULL))${later ? NOT_VALID : ''}` };
}

function validated(checks: Readonly<Record<string, string>>, name: string): Readonly<Record<string, string>> {
  const definition = checks[name];
  return definition === undefined ? checks : { ...checks, [name]: definition.replace(NOT_VALID, '') };
}

function withTable(catalog: Catalog, table: TableFacts): Catalog {
  return {
    isVolatile: catalog.isVolatile,
    table: (name: RangeVar) => {
      const found = catalog.table(name);
      return found?.schema === table.schema && found.name === table.name ? table : found;
    },
  };
}
