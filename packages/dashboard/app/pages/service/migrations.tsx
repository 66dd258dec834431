import type { Answer } from '@islet/client/browser';
import { messageOf } from '../../live/api.ts';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { bytesText } from '../../model/format.ts';
import { Answered } from '../../parts/states.tsx';
import { Chip } from '../../parts/tone.tsx';

type Pending = Extract<Answer<'migrations'>, { kind: 'pending' }>['migrations'][number];

/** Which would run with the next deploy, what of them is dangerous, and the safe way: `islet db migrate --plan`. */
export function Migrations({ service }: { readonly service: string }) {
  const asked = useAsk('migrations', { service }, { on: useStatus()?.revision });
  return (
    <section aria-labelledby="migrations">
      <h2 id="migrations">Migrations</h2>
      {asked.error?.code === 'conflict' ? (
        // That it has none is no failure of anything.
        <p className="muted">{messageOf(asked.error)}</p>
      ) : (
        <Answered asked={asked} what="its migrations">
          {(preview) =>
            preview.kind === 'refused' ? (
              <p className="tone-bad">
                {preview.migration}: {preview.reason}
              </p>
            ) : preview.migrations.length === 0 ? (
              <p className="muted">All of its folder are applied.</p>
            ) : (
              <ol className="plan">
                {preview.migrations.map((one) => (
                  <Migration key={one.name} migration={one} />
                ))}
              </ol>
            )
          }
        </Answered>
      )}
    </section>
  );
}

function Migration({ migration: { name, inTransaction, hazards, unread } }: { readonly migration: Pending }) {
  return (
    <li className="panel">
      <p>
        <strong className="id">{name}</strong>{' '}
        <span className="muted">
          runs with the next deploy{inTransaction ? '' : ', outside of a transaction'}
          {unread === undefined ? '' : `; ${unread}`}
        </span>
      </p>
      {hazards.map(({ rule, line, table, bytes, effect, what, remedy, allowed }) => (
        <div key={`${rule} ${line}`} className="hazard">
          <p>
            <Chip tone={allowed ? 'idle' : 'bad'}>{allowed ? 'allowed' : 'refused'}</Chip> line {line}: {what}, {effect}{' '}
            <code>{table}</code> ({bytesText(bytes)})
          </p>
          <p className="muted">→ {remedy}</p>
        </div>
      ))}
    </li>
  );
}
