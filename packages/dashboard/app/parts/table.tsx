import { memo, type ReactNode } from 'react';
import { useGrowing } from './growing.ts';
import { TableBox } from './table-box.tsx';

export interface Column<T> {
  readonly name: string;
  /** The heading is for readers' ears alone. */
  readonly isUnseen?: boolean;
  /** `head`: what the row is about. */
  readonly kind?: 'head' | 'number' | 'id';
  readonly className?: (row: T) => string | undefined;
  readonly show: (row: T) => ReactNode;
}

export interface TableProps<T> {
  readonly label: string;
  /** The same ones at each drawing: rows are drawn again when these are others. */
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly className?: string;
}

/** One line for each row; on a phone, where a line has no room, a card with the name of each value above it. */
export function Table<T>({ label, columns, rows, keyOf, className = '' }: TableProps<T>) {
  return (
    <TableBox label={label}>
      <table className={`cards ${className}`}>
        <thead>
          <tr>
            {columns.map(({ name, isUnseen = false, kind }) => (
              <th key={name} scope="col" className={kind === 'number' ? 'number' : undefined}>
                {isUnseen ? <span className="unseen">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {useGrowing(rows).map((row) => (
            <Row key={keyOf(row)} row={row} columns={columns as readonly Column<unknown>[]} />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

/** Drawn again only where its row is another: what did not change is the same object (see `share`). */
const Row = memo(function Row({
  row,
  columns,
}: {
  readonly row: unknown;
  readonly columns: readonly Column<unknown>[];
}) {
  return (
    <tr>
      {columns.map(({ name, isUnseen = false, kind, className, show }) => {
        const classes = [kind === 'number' || kind === 'id' ? kind : '', className?.(row) ?? ''].join(' ').trim();
        const own = classes === '' ? {} : { className: classes };
        return kind === 'head' ? (
          <th key={name} scope="row" {...own}>
            {show(row)}
          </th>
        ) : (
          <td key={name} data-label={isUnseen ? undefined : name} {...own}>
            {show(row)}
          </td>
        );
      })}
    </tr>
  );
});
