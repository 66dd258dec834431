import { Link } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { bytesText, durationText, UNKNOWN } from '../model/format.ts';
import { proofOf, serviceOfStore } from '../model/overview.ts';
import { Answered, Empty } from '../parts/states.tsx';
import { TableBox } from '../parts/table-box.tsx';
import { Ago, Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Chip } from '../parts/tone.tsx';

/** Every store, and whether it would come back. */
export function BackupsPage() {
  const asked = useAsk('backups', {}, { on: useStatus() });
  useTitle('Backups');
  return (
    <>
      <header className="page-head">
        <h1>Backups</h1>
        <p className="lead">
          A backup that was never brought back is a hope. “Proven” says when a drill last restored it, and checked it.
        </p>
      </header>
      <Answered asked={asked} what="the backups">
        {(backups) =>
          backups.length === 0 ? (
            <Empty title="No service keeps data">
              One that has <code>database: postgres</code> in its file is backed up from its first start.
            </Empty>
          ) : (
            <TableBox label="Backups">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Service</th>
                    <th scope="col">Engine</th>
                    <th scope="col">Proof</th>
                    <th scope="col">Last copy</th>
                    <th scope="col">Restorable from</th>
                    <th scope="col" className="number">
                      Would be lost now
                    </th>
                    <th scope="col" className="number">
                      Time to bring back
                    </th>
                    <th scope="col" className="number">
                      Stored
                    </th>
                    <th scope="col">Second place</th>
                  </tr>
                </thead>
                <tbody>
                  {backups.map((backup) => {
                    const proof = proofOf(backup);
                    const { service, engine, last, from, rpoMs, drill, bytes, mirroredAt, problems } = backup;
                    return (
                      <tr key={`${service} ${engine}`}>
                        <th scope="row">
                          <Link href={`/services/${serviceOfStore(service)}/data`}>{service}</Link>
                        </th>
                        <td>{engine}</td>
                        <td>
                          {proof === undefined ? UNKNOWN : <Chip tone={proof.tone}>{proof.text}</Chip>}{' '}
                          {proof?.at === undefined ? null : <Ago at={proof.at} />}
                          {problems.map((problem) => (
                            <div key={problem} className="tone-bad sentence">
                              {problem}
                            </div>
                          ))}
                        </td>
                        <td>{last === undefined ? UNKNOWN : <Ago at={last.finishedAt} />}</td>
                        <td>{from === undefined ? UNKNOWN : <Clock at={from} />}</td>
                        <td className="number">{durationText(rpoMs)}</td>
                        <td className="number">{durationText(drill?.rtoMs)}</td>
                        <td className="number">{bytesText(bytes)}</td>
                        <td>
                          {mirroredAt === undefined ? <span className="muted">none</span> : <Ago at={mirroredAt} />}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </Answered>
    </>
  );
}
