import type { ServiceStatus } from '@islet/client/browser';
import { Link } from 'wouter';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { plural, shortNumber, UNKNOWN } from '../../model/format.ts';
import type { Tone } from '../../model/overview.ts';
import { Empty } from '../../parts/states.tsx';
import { TableBox } from '../../parts/table-box.tsx';
import { Ago } from '../../parts/time.tsx';
import { Chip } from '../../parts/tone.tsx';

type State = ServiceStatus['instanceList'][number]['state'];
const TONES: Readonly<Record<State, Tone>> = {
  ...{ ready: 'good', warm: 'good', starting: 'busy', draining: 'busy', stopping: 'busy' },
  ...{ unready: 'warn', exited: 'bad' },
} as const;

/** Why there are so many. */
function ScaleReason({ service }: { readonly service: string }) {
  const asked = useAsk('scaling', { service }, { on: useStatus()?.revision });
  if (asked.value === undefined) return null;
  const { why, min, max, mode, signals } = asked.value;
  const measured = signals.flatMap(({ metric, total, target }) =>
    total === undefined ? [] : [`${metric} ${shortNumber(total)}, ${shortNumber(target)} for each`],
  );
  return (
    <p className="lead scale-reason">
      {[why, mode === 'auto' ? `between ${min} and ${max}` : undefined, ...measured].filter(Boolean).join('; ')}
    </p>
  );
}

export function Instances({ service: { name, instanceList } }: { readonly service: ServiceStatus }) {
  return (
    <section aria-labelledby="instances">
      <h2 id="instances">Instances</h2>
      <ScaleReason service={name} />
      {instanceList.length === 0 ? (
        <Empty title="None runs">
          <code>islet scale {name} 1</code> starts one, where the file does not.
        </Empty>
      ) : (
        <TableBox label="Table of instances">
          <table>
            <thead>
              <tr>
                <th scope="col">Instance</th>
                <th scope="col">State</th>
                <th scope="col">Revision</th>
                <th scope="col">Started</th>
                <th scope="col" className="number">
                  Process
                </th>
                <th scope="col" className="number">
                  Port
                </th>
                <th scope="col">Logs</th>
              </tr>
            </thead>
            <tbody>
              {instanceList.map(({ id, state, revision, startedAt, pid, port, exits, why }) => (
                <tr key={id}>
                  <th scope="row" className="id">
                    {id}
                  </th>
                  <td>
                    <Chip tone={TONES[state]}>{state}</Chip>
                    {exits === 0 ? null : <span className="muted"> ended {plural(exits, 'time')}</span>}
                    {why === undefined ? null : <span className="muted"> {why}</span>}
                  </td>
                  <td className="id">{revision.slice(0, 7)}</td>
                  <td>{startedAt === undefined ? UNKNOWN : <Ago at={startedAt} />}</td>
                  <td className="number">{pid ?? UNKNOWN}</td>
                  <td className="number">{port ?? UNKNOWN}</td>
                  <td>
                    <Link href={`/logs?service=${name}&instance=${id}`}>logs</Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </section>
  );
}
