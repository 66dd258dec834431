import { lazy, Suspense, useEffect } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { followActivity } from './live/activity.ts';
import { useCell } from './live/cell.ts';
import { followTime } from './live/now.ts';
import { session } from './live/session.ts';
import { followStatus } from './live/status.ts';
import { LoginPage } from './pages/login.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { PageBoundary } from './parts/boundary.tsx';
import { Shell } from './parts/shell.tsx';
import { Empty, Waiting } from './parts/states.tsx';

/* The first page comes with the frame; each other is loaded when it is opened. */
const ServicePage = lazy(() => import('./pages/service.tsx').then(({ ServicePage }) => ({ default: ServicePage })));
const RolloutPage = lazy(() => import('./pages/rollout.tsx').then(({ RolloutPage }) => ({ default: RolloutPage })));
const MapPage = lazy(() => import('./pages/map.tsx').then(({ MapPage }) => ({ default: MapPage })));
const TracesPage = lazy(() => import('./pages/traces.tsx').then(({ TracesPage }) => ({ default: TracesPage })));
const TracePage = lazy(() => import('./pages/trace.tsx').then(({ TracePage }) => ({ default: TracePage })));
const LogsPage = lazy(() => import('./pages/logs.tsx').then(({ LogsPage }) => ({ default: LogsPage })));
const ErrorsPage = lazy(() => import('./pages/errors.tsx').then(({ ErrorsPage }) => ({ default: ErrorsPage })));
const AlertsPage = lazy(() => import('./pages/alerts.tsx').then(({ AlertsPage }) => ({ default: AlertsPage })));
const ExplorerPage = lazy(() => import('./pages/explorer.tsx').then(({ ExplorerPage }) => ({ default: ExplorerPage })));
const PlanPage = lazy(() => import('./pages/plan.tsx').then(({ PlanPage }) => ({ default: PlanPage })));
const BackupsPage = lazy(() => import('./pages/backups.tsx').then(({ BackupsPage }) => ({ default: BackupsPage })));

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
        <Suspense fallback={<Waiting what="the page" />}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/map" component={MapPage} />
            <Route path="/services/:service/rollout" component={RolloutPage} />
            <Route path="/services/:service/:tab?" component={ServicePage} />
            <Route path="/traces" component={TracesPage} />
            <Route path="/traces/:trace" component={TracePage} />
            <Route path="/logs" component={LogsPage} />
            <Route path="/errors/:group?" component={ErrorsPage} />
            <Route path="/alerts" component={AlertsPage} />
            <Route path="/api/:service?" component={ExplorerPage} />
            <Route path="/plan" component={PlanPage} />
            <Route path="/backups" component={BackupsPage} />
            <Route>
              <Empty title="There is no such page">
                Its address may be of another version. The pages are listed beside this.
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </PageBoundary>
    </Shell>
  );
}
