import { type Answer, ApiError, type StoreBackup } from '@islet/client/browser';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { bytesText, durationText } from '../model/format.ts';
import { proofOf } from '../model/overview.ts';
import { Confirm } from './confirm.tsx';
import { Restore } from './restore.tsx';
import { Ago, Clock } from './time.tsx';
import { Chip } from './tone.tsx';

const TITLES: Readonly<Record<string, string>> = { files: 'Backup of its files', redis: 'Backup of its Redis' };

const WHY_NONE = {
  off: 'Its file says that it is not backed up.',
  outside: 'It is kept outside of Islet; whoever runs that server backs it up.',
  none: 'There is no way yet to back this engine up.',
} as const;

/** What is damaged is a failure, and stays on the screen. */
function verdictText(service: string, { copies, logPieces, findings }: Answer<'verifyBackups'>): string {
  const [first] = findings;
  if (first === undefined)
    return `${service}: ${copies} copies and ${logPieces} pieces of the log are as they were stored`;
  throw new ApiError(
    'conflict',
    `${findings.length} of the stored pieces are not as they were: ${first.name}: ${first.problem}`,
    {
      hint: `islet backup verify ${service} names all of them`,
    },
  );
}

/** How one store is backed up, and what a person may ask of that. */
export function BackupFacts({ backup, again }: { readonly backup: StoreBackup; readonly again: () => void }) {
  const { service, engine, state, last, from, to, rpoMs, bytes, nextAt, drill, mirroredAt, problems, copyingSince } =
    backup;
  const isFailed = drill?.passed === false;
  const drilled = useAsk('drillResult', { service }, { on: drill?.at, when: isFailed });
  const proof = proofOf(backup);
  const heading = `backup-${service}-${engine}`;
  return (
    <section className="panel" aria-labelledby={heading}>
      <h2 id={heading}>{TITLES[engine] ?? 'Backup'}</h2>
      {backup.aside === true ? (
        <p className="stale">
          It was restored, and what it held before is still kept. Until one of the two is chosen, nothing else can be
          restored.
        </p>
      ) : null}
      {problems.map((problem) => (
        <p key={problem} className="failure-title">
          {problem}
        </p>
      ))}
      {state !== 'on' ? (
        <p className="muted">{WHY_NONE[state]}</p>
      ) : (
        <>
          <dl className="facts-list">
            <dt>Proof</dt>
            <dd>
              {proof === undefined ? null : <Chip tone={proof.tone}>{proof.text}</Chip>}{' '}
              {drill === undefined ? (
                <span className="muted">no drill yet</span>
              ) : (
                <>
                  <Ago at={drill.at} />
                  {drill.rtoMs === undefined ? null : `, back within ${durationText(drill.rtoMs)}`}
                </>
              )}
              {isFailed
                ? drilled.value?.last?.problems.map((problem) => (
                    <div key={problem} className="tone-bad">
                      {problem}
                    </div>
                  ))
                : null}
            </dd>
            <dt>Last copy</dt>
            <dd>{last === undefined ? 'none yet' : <Ago at={last.finishedAt} />}</dd>
            <dt>Can be restored</dt>
            <dd>
              {from === undefined || to === undefined ? (
                'nothing yet'
              ) : (
                <>
                  {engine === 'files' ? 'each copy' : 'any second'} from <Clock at={from} /> to <Clock at={to} />
                </>
              )}
            </dd>
            <dt>Would be lost now</dt>
            <dd>{rpoMs === undefined ? 'not known' : `the last ${durationText(rpoMs)}`}</dd>
            <dt>Stored</dt>
            <dd>
              {bytesText(bytes)}
              {mirroredAt === undefined ? ', in one place' : ', and in a second place'}
            </dd>
            <dt>Next copy</dt>
            <dd>
              {copyingSince !== undefined ? (
                'is being made'
              ) : nextAt === undefined ? (
                'not planned'
              ) : (
                <Clock at={nextAt} />
              )}
            </dd>
          </dl>
          <div className="buttons panel-buttons">
            <Confirm
              verb="Back up now"
              title={`Back ${service} up now?`}
              act={async () => {
                await api.ask('backUp', { service });
                return `A copy of ${service} is being made`;
              }}
            >
              <p>Copies the store while it is written to. Nothing else is disturbed.</p>
            </Confirm>
            <Confirm
              verb="Restore drill"
              title={`Prove that ${service} comes back?`}
              act={async () => {
                await api.ask('drill', { service });
                return `The newest backup of ${service} is being brought back beside it`;
              }}
            >
              <p>
                Restores the newest backup beside the service, checks all of it, and throws it away. The service notices
                nothing.
              </p>
            </Confirm>
            <Confirm
              verb="Verify"
              title={`Read all backups of ${service}?`}
              act={async () => verdictText(service, await api.ask('verifyBackups', { service }))}
            >
              <p>Reads every stored piece, and checks every byte of it. That takes as long as reading them takes.</p>
            </Confirm>
            <Restore service={service} hasAside={backup.aside === true} again={again} />
          </div>
        </>
      )}
    </section>
  );
}
