import type { Node, RangeVar } from 'libpg-query';
import { alterTable, CONTRACT, dropped, unlessSmall } from './alter-table.ts';
import type { Finding, Rule } from './model.ts';
import type { Catalog, TableFacts } from './tables.ts';

/** CREATE INDEX lets nobody write until it is built. */
const createIndex: Rule = (node, catalog) => {
  if (!('IndexStmt' in node) || node.IndexStmt.concurrent) return [];
  const { relation, idxname = 'it' } = node.IndexStmt;
  return of(relation, catalog).flatMap((table) =>
    unlessSmall(table, {
      rule: 'index-blocks-writes',
      effect: 'blocks writes',
      what: `builds ${idxname} while nobody may write the table`,
      remedy:
        table.kind === 'partitioned table'
          ? 'CREATE INDEX ON ONLY the parent, CREATE INDEX CONCURRENTLY on each partition, then ATTACH them'
          : 'CREATE INDEX CONCURRENTLY, in a file of its own',
    }),
  );
};

const rewrite: Rule = (node, catalog) =>
  rewritten(node).flatMap((relation) =>
    of(relation, catalog).flatMap((table) =>
      unlessSmall(table, {
        rule: 'table-rewritten',
        effect: 'blocks reads and writes',
        what: 'writes the whole table or its indexes anew while nobody may use them',
        remedy: 'REINDEX CONCURRENTLY for indexes; for the table a plain VACUUM, which blocks nobody, or pg_repack',
      }),
    ),
  );

function rewritten(node: Node): readonly (RangeVar | undefined)[] {
  if ('ClusterStmt' in node) return [node.ClusterStmt.relation];
  if ('ReindexStmt' in node) {
    const { relation, kind, params = [] } = node.ReindexStmt;
    return kind === 'REINDEX_OBJECT_TABLE' && !hasOption(params, 'concurrently') ? [relation] : [];
  }
  if (!('VacuumStmt' in node) || !hasOption(node.VacuumStmt.options ?? [], 'full')) return [];
  return (node.VacuumStmt.rels ?? []).flatMap((one) => ('VacuumRelation' in one ? [one.VacuumRelation.relation] : []));
}

/** SHARE and what is stronger: from there on, nobody writes. */
const SHARE_LOCK = 5;
const ACCESS_EXCLUSIVE_LOCK = 8;

const lockTable: Rule = (node, catalog) => {
  if (!('LockStmt' in node)) return [];
  const { relations = [], mode = ACCESS_EXCLUSIVE_LOCK } = node.LockStmt;
  if (mode < SHARE_LOCK) return [];
  return relations.flatMap((one) =>
    ('RangeVar' in one ? of(one.RangeVar, catalog) : []).map((table) => ({
      ...({ rule: 'table-locked', table } as const),
      effect: mode === ACCESS_EXCLUSIVE_LOCK ? 'blocks reads and writes' : 'blocks writes',
      what: 'holds the table until the file ends, whatever its size',
      remedy: 'leave the lock to the statement that needs it',
    })),
  );
};

const refreshView: Rule = (node, catalog) => {
  if (!('RefreshMatViewStmt' in node) || node.RefreshMatViewStmt.concurrent) return [];
  return of(node.RefreshMatViewStmt.relation, catalog).flatMap((table) =>
    unlessSmall(table, {
      rule: 'view-refresh-blocks-reads',
      effect: 'blocks reads and writes',
      what: 'fills the view anew while nobody may read it',
      remedy: 'REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view',
    }),
  );
};

const allRows: Rule = (node, catalog) => {
  const statement = 'UpdateStmt' in node ? node.UpdateStmt : 'DeleteStmt' in node ? node.DeleteStmt : undefined;
  if (statement === undefined || statement.whereClause !== undefined) return [];
  return of(statement.relation, catalog).flatMap((table) =>
    unlessSmall(table, {
      rule: 'update-of-all-rows',
      effect: 'blocks writes',
      what: 'locks every row until the file ends, and leaves as many dead ones',
      remedy: 'do it in batches with a WHERE, by the service itself or in files of their own',
    }),
  );
};

const truncate: Rule = (node, catalog) => {
  if (!('TruncateStmt' in node)) return [];
  return (node.TruncateStmt.relations ?? []).flatMap((one) =>
    ('RangeVar' in one ? of(one.RangeVar, catalog) : [])
      .filter(({ bytes }) => bytes > 0)
      .map((table) => ({
        ...({ rule: 'table-emptied', table, effect: 'breaks the running revision' } as const),
        what: 'deletes all rows, which the revision that runs may still read',
        remedy: CONTRACT,
      })),
  );
};

const rename: Rule = (node, catalog) => {
  if (!('RenameStmt' in node)) return [];
  const { renameType, relation, subname, newname } = node.RenameStmt;
  if (renameType !== 'OBJECT_COLUMN' && renameType !== 'OBJECT_TABLE') return [];
  return of(relation, catalog).map((table) => ({
    ...({ rule: 'rename', table, effect: 'breaks the running revision' } as const),
    what: `calls ${subname ?? table.name} ${newname}, which the revision that runs, and a rollback, know by its old name`,
    remedy: 'add the new one beside it, write both, read the new one, and drop the old one with a later revision',
  }));
};

const drop: Rule = (node, catalog) => {
  if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_TABLE') return [];
  return (node.DropStmt.objects ?? []).flatMap((one): readonly Finding[] => {
    const names = 'List' in one ? (one.List.items ?? []) : [];
    const [relname, schemaname] = names.map((name) => ('String' in name ? name.String.sval : undefined)).reverse();
    const relation = {
      ...(relname === undefined ? {} : { relname }),
      ...(schemaname === undefined ? {} : { schemaname }),
    };
    return of(relation, catalog).map((table) => dropped(table, 'the table'));
  });
};

export const RULES: readonly Rule[] = [
  alterTable,
  createIndex,
  rewrite,
  lockTable,
  refreshView,
  allRows,
  truncate,
  rename,
  drop,
];

/** Those of it that exist: what the migration makes itself is empty, and nobody waits for it. */
function of(relation: RangeVar | undefined, catalog: Catalog): readonly TableFacts[] {
  const table = relation && catalog.table(relation);
  return table === undefined ? [] : [table];
}

export function hasOption(options: readonly Node[], name: string): boolean {
  return options.some((option) => 'DefElem' in option && option.DefElem.defname === name);
}
