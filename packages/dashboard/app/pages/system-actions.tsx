import { useState } from 'react';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { Confirm } from '../parts/confirm.tsx';

/** Every store together, or none: `islet recover --to`. */
export function Rewind({ system }: { readonly system: string }) {
  const [to, setTo] = useState('');
  const [id, setId] = useState<string>();
  const status = useStatus();
  const result = useAsk('rewindResult', { id: id ?? '' }, { on: status, when: id !== undefined });
  return (
    <>
      <Confirm
        verb="Go back in time"
        title={`Bring all of ${system} back to a moment?`}
        danger
        typed={system}
        act={async () => {
          const begun = await api.ask('rewind', { to });
          setId(begun.id);
          const back = begun.services.filter(({ at }) => at !== undefined);
          return `${back.map(({ name }) => name).join(', ')} go back together`;
        }}
      >
        <p>
          Every store, and what is asked for, goes back to one moment: all of them together, or none. Nothing serves
          meanwhile. What the stores hold now is kept aside, and can be brought back on each service’s Data page.
        </p>
        <label className="field">
          <span>To: an instant such as 2026-11-27T02:25:04Z</span>
          <input value={to} required autoComplete="off" onChange={(event) => setTo(event.target.value.trim())} />
        </label>
      </Confirm>
      {id === undefined || result.value === undefined || result.value.state === 'running' ? null : (
        <output className={result.value.state === 'failed' ? 'tone-bad' : undefined}>{result.value.text}</output>
      )}
    </>
  );
}

/** `islet down`. Deleting the data is left to the command line. */
export function StopAll({ system }: { readonly system: string }) {
  return (
    <Confirm
      verb="Stop everything"
      title={`Stop all of ${system}?`}
      danger
      typed={system}
      act={async () => {
        await api.ask('down', { purge: false });
        return `${system} is being stopped; its data stays`;
      }}
    >
      <p>
        Services end in order, then their databases, then the proxy and the control plane: this page goes with it. All
        data stays, and <code>islet up</code> on the machine starts it again.
      </p>
    </Confirm>
  );
}
