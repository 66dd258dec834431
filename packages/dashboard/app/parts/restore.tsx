import { useState } from 'react';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { Confirm } from './confirm.tsx';

interface RestoreProps {
  readonly service: string;
  /** What was there before the last restore is still kept. */
  readonly hasAside: boolean;
  readonly again: () => void;
}

/** The actions that take data away: they ask for the service's name. */
export function Restore({ service, hasAside, again }: RestoreProps) {
  const [to, setTo] = useState('latest');
  const [id, setId] = useState<string>();
  const status = useStatus();
  const result = useAsk('restoreResult', { service, id: id ?? '' }, { on: status, when: id !== undefined });
  const end = (undo: boolean, said: string) => async () => {
    const begun = await api.ask('endRestore', { service, undo });
    setId(undo ? begun.id : undefined);
    again();
    return said;
  };
  return (
    <>
      {hasAside ? (
        <>
          <Confirm
            verb="Undo the restore"
            title={`Bring back what ${service} held before its restore?`}
            danger
            typed={service}
            act={end(true, `${service} goes back to what it held before its restore`)}
          >
            <p>
              The service is drained and stopped, and started again with the data of before. What was written since the
              restore is lost.
            </p>
          </Confirm>
          <Confirm
            verb="Keep the restore"
            title={`Delete what ${service} held before its restore?`}
            danger
            typed={service}
            act={end(false, `The data of ${service} from before its restore is deleted`)}
          >
            <p>The restored data stays, and the restore can’t be undone any more.</p>
          </Confirm>
        </>
      ) : (
        <Confirm
          verb="Restore"
          title={`Replace the data of ${service}?`}
          danger
          typed={service}
          act={async () => {
            const begun = await api.ask('restore', { service, to });
            setId(begun.id);
            return `${service} is being restored`;
          }}
        >
          <p>
            The service is drained and stopped, its data replaced, and it is started again. What it holds now is kept
            aside, and can be brought back from here.
          </p>
          <label className="field">
            <span>To: an instant such as 2026-11-27T02:25:04Z, latest, before-migration, or a copy’s name</span>
            <input value={to} required onChange={(event) => setTo(event.target.value)} />
          </label>
        </Confirm>
      )}
      {id === undefined || result.value === undefined ? null : (
        <output className={result.value.state === 'failed' ? 'tone-bad' : undefined}>
          {result.value.state === 'failed' ? 'The restore failed, and the data is as before: ' : null}
          {result.value.text}
        </output>
      )}
    </>
  );
}
