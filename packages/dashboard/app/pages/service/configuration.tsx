import { useState } from 'react';
import { api } from '../../live/api.ts';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { originText, sectionsOf, valueText } from '../../model/service.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Answered } from '../../parts/states.tsx';
import { TableBox } from '../../parts/table-box.tsx';
import { Ago } from '../../parts/time.tsx';

/** Every effective value, and the line that it comes from. */
export function ConfigurationTab({ service }: { readonly service: string }) {
  const asked = useAsk('describe', { service }, { on: useStatus()?.revision });
  const [onlyOwn, setOnlyOwn] = useState(false);
  const [wanted, setWanted] = useState('');
  return (
    <Answered asked={asked} what={`what ${service} is configured to be`}>
      {({ file, values }) => (
        <>
          <div className="filters">
            <label className="field">
              <span>Key or value</span>
              <input className="wide" value={wanted} onChange={(event) => setWanted(event.target.value)} />
            </label>
            <label className="check">
              <input type="checkbox" checked={onlyOwn} onChange={(event) => setOnlyOwn(event.target.checked)} /> only
              what a file says
            </label>
            <p className="muted">
              As last asked for, of <code>{file}</code>
            </p>
            {values.some(({ path }) => path.startsWith('traffic.cache')) ? <Purge service={service} /> : null}
          </div>
          {sectionsOf(
            values.filter(
              ({ path, value, from }) =>
                (!onlyOwn || from !== undefined) &&
                `${path} ${valueText(value)}`.toLowerCase().includes(wanted.toLowerCase()),
            ),
          ).map(({ name, values: inside }) => (
            <section key={name} aria-labelledby={`of-${name}`}>
              <h2 id={`of-${name}`}>{name}</h2>
              <TableBox label={`Values of ${name}`}>
                <table className="values">
                  <thead className="unseen">
                    <tr>
                      <th scope="col">Key</th>
                      <th scope="col">Value</th>
                      <th scope="col">From</th>
                    </tr>
                  </thead>
                  <tbody>
                    {inside.map(({ path, value, from }) => (
                      <tr key={path}>
                        <th scope="row" className="id">
                          {path}
                        </th>
                        <td className="id">{valueText(value)}</td>
                        <td className={from === undefined ? 'muted' : undefined}>{originText(from, file)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </TableBox>
            </section>
          ))}
          <Secrets service={service} />
        </>
      )}
    </Answered>
  );
}

function Purge({ service }: { readonly service: string }) {
  const [path, setPath] = useState('');
  return (
    <Confirm
      verb="Purge cache"
      title={`Forget stored responses of ${service}?`}
      act={async () => {
        const { purged } = await api.ask('purge', { service, ...(path === '' ? {} : { path }) });
        return `${purged} stored ${purged === 1 ? 'response is' : 'responses are'} forgotten`;
      }}
    >
      <p>The proxy asks {service} anew for what it has stored of it.</p>
      <label className="field">
        <span>Path, such as /products/*; empty: all</span>
        <input value={path} pattern="/.*" onChange={(event) => setPath(event.target.value.trim())} />
      </label>
    </Confirm>
  );
}

/** Which it is given, and never what they are. */
function Secrets({ service }: { readonly service: string }) {
  const asked = useAsk('secrets', {}, { on: useStatus()?.revision });
  const { again } = asked;
  const own = asked.value?.filter(({ usedBy }) => usedBy.includes(service)) ?? [];
  if (own.length === 0) return null;
  return (
    <section aria-labelledby="secrets">
      <h2 id="secrets">Secrets</h2>
      <TableBox label="Table of secrets">
        <table className="values">
          <thead className="unseen">
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Version</th>
              <th scope="col">Set</th>
              <th scope="col">New value</th>
            </tr>
          </thead>
          <tbody>
            {own.map(({ name, version, setAt }) => (
              <tr key={name}>
                <th scope="row" className="id">
                  {name}
                </th>
                <td>version {version}</td>
                <td>
                  set <Ago at={setAt} />
                </td>
                <td>
                  <SetSecret name={name} again={again} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}

/** What is typed goes to the control plane, and nowhere else: it is shown again by nobody. */
function SetSecret({ name, again }: { readonly name: string; readonly again: () => void }) {
  const [value, setValue] = useState('');
  return (
    <Confirm
      verb="Set"
      title={`Set ${name}`}
      act={async () => {
        const { version } = await api.ask('setSecret', { name, value });
        setValue('');
        again();
        return `${name} has version ${version}; who names it gets it with the next deploy`;
      }}
    >
      <p>It is encrypted at rest, and reaches services that name it with their next deploy.</p>
      <label className="field">
        <span>Value</span>
        <input
          type="password"
          autoComplete="off"
          required
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
    </Confirm>
  );
}
