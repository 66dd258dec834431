import type { ServiceStatus } from '@islet/client/browser';
import { useState } from 'react';
import { api } from '../../live/api.ts';
import { useStatus } from '../../live/status.ts';
import { Confirm } from '../../parts/confirm.tsx';

/** What a person may ask of a service, each with what it will do. */
export function Actions({ service }: { readonly service: ServiceStatus }) {
  const environment = useStatus()?.environment;
  const { name, instances } = service;
  return (
    <div className="buttons">
      <Confirm
        verb="Deploy"
        title={`Deploy ${name}?`}
        act={async () => {
          const asked = environment === undefined ? {} : { environment };
          const { changed } = await api.ask('deploy', { service: name, ...asked });
          return changed ? `${name} is being deployed` : `${name} already is as its files say`;
        }}
      >
        <p>
          Reads {name}’s files again and makes them true. What did not change is neither built nor restarted. Other
          services stay as they are.
        </p>
      </Confirm>
      <Confirm
        verb="Restart"
        title={`Restart ${name}?`}
        act={async () => {
          await api.ask('restart', { service: name });
          return `${name} is being restarted`;
        }}
      >
        <p>
          Replaces {instances.desired === 1 ? 'its instance' : `its ${instances.desired} instances`} one by one by new
          ones of the same revision. Requests in flight end first.
        </p>
      </Confirm>
      <Scale service={service} />
      <RollBack name={name} />
      <FaultDrill name={name} />
    </div>
  );
}

function Scale({ service: { name, instances } }: { readonly service: ServiceStatus }) {
  const [wanted, setWanted] = useState<string>();
  const text = wanted ?? String(instances.desired);
  return (
    <Confirm
      verb="Scale"
      title={`Scale ${name}`}
      act={async () => {
        const count = text === 'auto' ? 'auto' : Number(text);
        await api.ask('scale', { service: name, instances: count });
        setWanted(undefined);
        return count === 'auto' ? `${name} follows its file again` : `${name} goes to ${count} instances`;
      }}
    >
      <p>Holds until its file is changed. With 0, nothing runs until somebody asks for it again.</p>
      <label className="field">
        <span>Instances: a number, or auto as the file says</span>
        <input value={text} pattern="auto|[0-9]{1,3}" required onChange={(event) => setWanted(event.target.value)} />
      </label>
    </Confirm>
  );
}

function RollBack({ name }: { readonly name: string }) {
  const [revision, setRevision] = useState('');
  return (
    <Confirm
      verb="Roll back"
      title={`Roll ${name} back?`}
      danger
      act={async () => {
        await api.ask('rollback', { service: name, ...(revision === '' ? {} : { revision }) });
        return `${name} goes back`;
      }}
    >
      <p>
        Starts the revision that worked before, without a build and without steps, and takes the traffic there at once.
      </p>
      <label className="field">
        <span>Revision; empty: the one before</span>
        <input value={revision} pattern="[0-9a-z]*" onChange={(event) => setRevision(event.target.value.trim())} />
      </label>
    </Confirm>
  );
}

const FAULTS = {
  kill: 'Kill one instance',
  pause: 'Stop one instance for a while, as a long pause of its runtime would',
  slow: 'Answer slowly from one instance',
  errors: 'Answer with errors from one instance',
  partition: 'Cut one instance off',
  'disk-full': 'Let the control plane write nothing, as on a full disk',
} as const;
type Fault = keyof typeof FAULTS;

function FaultDrill({ name }: { readonly name: string }) {
  const [fault, setFault] = useState<Fault>('kill');
  const [seconds, setSeconds] = useState('10');
  return (
    <Confirm
      verb="Fault drill"
      title={`Try ${name} out?`}
      danger
      act={async () => {
        const { instance } = await api.ask('inject', { service: name, drill: fault, forMs: Number(seconds) * 1000 });
        return `The drill at ${instance} began; it ends by itself`;
      }}
    >
      <p>Begins a real fault at one instance, to see that the others carry the load. It ends by itself.</p>
      <label className="field">
        <span>Fault</span>
        <select value={fault} onChange={(event) => setFault(event.target.value as Fault)}>
          {Object.entries(FAULTS).map(([kind, text]) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Seconds, 1 to 300</span>
        <input type="number" min="1" max="300" value={seconds} onChange={(event) => setSeconds(event.target.value)} />
      </label>
    </Confirm>
  );
}
