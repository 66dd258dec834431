import type { DashboardSession } from '@islet/client/browser';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { browserText } from '../model/browser.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Answered } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';

/** Browsers that are logged in, each of which can be logged out from any other. */
export function Sessions() {
  const asked = useAsk('dashboardSessions', {});
  return (
    <section className="panel" aria-labelledby="sessions">
      <h2 id="sessions">Browsers that are logged in</h2>
      <Answered asked={asked} what="who is logged in">
        {(sessions) => (
          <ul className="lines">
            {sessions.map((session) => (
              <Session key={session.id} session={session} again={asked.again} />
            ))}
          </ul>
        )}
      </Answered>
    </section>
  );
}

function Session({ session, again }: { readonly session: DashboardSession; readonly again: () => void }) {
  const { id, agent, startedAt, seenAt } = session;
  return (
    <li>
      <span title={agent}>
        {browserText(agent)} <code>{id}</code>
        <span className="why">
          since <Ago at={startedAt} />, seen <Ago at={seenAt} />
        </span>
      </span>
      <Confirm
        verb="End"
        title={`End the session of ${browserText(agent)}?`}
        act={async () => {
          await api.ask('endDashboardSession', { id });
          again();
          return `${browserText(agent)} is logged out`;
        }}
      >
        <p>What it shows stops at once. It needs a new link to come in again.</p>
      </Confirm>
    </li>
  );
}
