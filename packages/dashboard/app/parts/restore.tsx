import { useState } from 'react';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { Confirm } from './confirm.tsx';

/** The one action that takes data away: it asks for the service's name. */
export function Restore({ service }: { readonly service: string }) {
  const [to, setTo] = useState('latest');
  const [id, setId] = useState<string>();
  const result = useAsk('restoreResult', { service, id: id ?? '' }, { on: useStatus(), when: id !== undefined });
  return (
    <>
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
          aside, and
          <code> islet restore {service} --undo</code> brings it back.
        </p>
        <label className="field">
          <span>To: an instant such as 2026-11-27T02:25:04Z, latest, before-migration, or a copy’s name</span>
          <input value={to} required onChange={(event) => setTo(event.target.value)} />
        </label>
      </Confirm>
      {id === undefined || result.value === undefined ? null : (
        <output className={result.value.state === 'failed' ? 'tone-bad' : undefined}>
          {result.value.state === 'failed' ? 'The restore failed, and the data is as before: ' : null}
          {result.value.text}
        </output>
      )}
    </>
  );
}
