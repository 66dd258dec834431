import type { EffectiveValue, StoreBackup } from '@islet/client/browser';
import { bytesText } from '../../model/format.ts';
import { valueText } from '../../model/service.ts';

/** The folders that a service keeps over all of its revisions. */
export function foldersOf(values: readonly EffectiveValue[]): readonly string[] {
  const folders = values.find(({ path }) => path === 'volumes.folders')?.value;
  return Array.isArray(folders) ? folders.map(String) : [];
}

interface VolumesProps {
  readonly folders: readonly string[];
  readonly values: readonly EffectiveValue[];
  readonly backup: StoreBackup | undefined;
}

export function Volumes({ folders, values, backup }: VolumesProps) {
  const every = values.find(({ path }) => path === 'volumes.backup.every');
  return (
    <section className="panel" aria-labelledby="volumes">
      <h2 id="volumes">Volumes</h2>
      <dl className="facts-list">
        {folders.map((folder) => (
          <div key={folder} className="fact">
            <dt className="id">{folder}</dt>
            <dd>
              <code>ISLET_VOLUME_{folder.toUpperCase().replaceAll('-', '_')}</code>
            </dd>
          </div>
        ))}
        {backup?.last === undefined ? null : (
          <div className="fact">
            <dt>Size at the last copy</dt>
            <dd>{bytesText(backup.last.plainBytes)}</dd>
          </div>
        )}
        {every === undefined ? null : (
          <div className="fact">
            <dt>Copied every</dt>
            <dd>{valueText(every.value)}</dd>
          </div>
        )}
      </dl>
      {backup?.last?.remarks?.map((remark) => (
        <p key={remark} className="muted">
          {remark}
        </p>
      ))}
    </section>
  );
}
