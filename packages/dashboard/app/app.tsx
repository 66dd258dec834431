import { useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { followActivity } from './live/activity.ts';
import { useCell } from './live/cell.ts';
import { followTime } from './live/now.ts';
import { session } from './live/session.ts';
import { followStatus } from './live/status.ts';
import { LoginPage } from './pages/login.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { PageBoundary } from './parts/boundary.tsx';
import { later } from './parts/later.tsx';
import { Shell } from './parts/shell.tsx';

/* The first page comes with the frame; each other is a file of its own. */
const ServicePage = later(async () => (await import('./pages/service.tsx')).ServicePage);
const RolloutPage = later(async () => (await import('./pages/rollout.tsx')).RolloutPage);
const MapPage = later(async () => (await import('./pages/map.tsx')).MapPage);
const TracesPage = later(async () => (await import('./pages/traces.tsx')).TracesPage);
const TracePage = later(async () => (await import('./pages/trace.tsx')).TracePage);
const LogsPage = later(async () => (await import('./pages/logs.tsx')).LogsPage);
const ErrorsPage = later(async () => (await import('./pages/errors.tsx')).ErrorsPage);
const AlertsPage = later(async () => (await import('./pages/alerts.tsx')).AlertsPage);
const ExplorerPage = later(async () => (await import('./pages/explorer.tsx')).ExplorerPage);
const PlanPage = later(async () => (await import('./pages/plan.tsx')).PlanPage);
const SystemPage = later(async () => (await import('./pages/system.tsx')).SystemPage);
const BackupsPage = later(async () => (await import('./pages/backups.tsx')).BackupsPage);

export function App() {
  const isIn = useCell(session, (state) => state === 'in');
  const [path] = useLocation();
  if (!isIn || path === '/login') return <LoginPage />;
  return <Inside />;
}

function Inside() {
  const [path] = useLocation();
  useEffect(() => {
    const ends = [followTime(), followStatus(), followActivity()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  return (
    <Shell>
      <PageBoundary key={path.split('/').slice(0, 3).join('/')}>
        <Switch>
          <Route path="/" component={OverviewPage} />
          <Route path="/map" component={MapPage} />
          <Route path="/services/:service/rollout" component={RolloutPage} />
          <Route path="/services/:service/:tab?" component={ServicePage} />
          <Route path="/traces" component={TracesPage} />
          <Route path="/traces/:trace" component={TracePage} />
          <Route path="/logs" component={LogsPage} />
          <Route path="/errors/:group?" component={ErrorsPage} />
          <Route path="/alerts/:alert?" component={AlertsPage} />
          <Route path="/api/:service?" component={ExplorerPage} />
          <Route path="/plan" component={PlanPage} />
          <Route path="/backups" component={BackupsPage} />
          <Route path="/system" component={SystemPage} />
          <Route>
            <header className="page-head">
              <h1>There is no such page</h1>
              <p className="lead">
                Its address may be of another version of Islet. The menu lists the pages that there are.
              </p>
            </header>
          </Route>
        </Switch>
      </PageBoundary>
    </Shell>
  );
}
