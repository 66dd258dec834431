import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { bytesText, UNKNOWN } from '../model/format.ts';
import type { Tone } from '../model/overview.ts';
import { Answered, Empty } from './states.tsx';
import { TableBox } from './table-box.tsx';
import { Clock } from './time.tsx';
import { Chip } from './tone.tsx';

const TONES = { whole: 'good', unfinished: 'busy', damaged: 'bad' } as const satisfies Record<string, Tone>;

export function Copies({ service }: { readonly service: string }) {
  const asked = useAsk('backupList', { service }, { on: useStatus() });
  return (
    <section aria-labelledby={`copies-${service}`}>
      <h2 id={`copies-${service}`}>Copies{service.includes('.') ? ` of ${service}` : ''}</h2>
      <Answered asked={asked} what="its copies">
        {(copies) =>
          copies.length === 0 ? (
            <Empty title="There is no copy yet">The first is made soon after the database first runs.</Empty>
          ) : (
            <TableBox label="Table of copies">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Copy</th>
                    <th scope="col">State</th>
                    <th scope="col">Begun</th>
                    <th scope="col">Reaches to</th>
                    <th scope="col" className="number">
                      Stored
                    </th>
                    <th scope="col" className="number">
                      Data
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {copies.map(({ id, state, startedAt, to, storedBytes, plainBytes, problem }) => (
                    <tr key={id}>
                      <th scope="row" className="id">
                        {id}
                      </th>
                      <td>
                        <Chip tone={TONES[state]}>{state}</Chip>{' '}
                        {problem === undefined ? null : <span className="muted">{problem}</span>}
                      </td>
                      <td>
                        <Clock at={startedAt} />
                      </td>
                      <td>{to === undefined ? UNKNOWN : <Clock at={to} />}</td>
                      <td className="number">{bytesText(storedBytes)}</td>
                      <td className="number">{bytesText(plainBytes)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </Answered>
    </section>
  );
}
