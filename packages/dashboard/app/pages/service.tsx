import { useParams } from 'wouter';
import { useService, useStatus } from '../live/status.ts';
import { toneOf } from '../model/overview.ts';
import { Recent } from '../parts/recent.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useTitle } from '../parts/title.ts';
import { ToneMark } from '../parts/tone.tsx';
import { Actions } from './service/actions.tsx';
import { CapacityTab } from './service/capacity.tsx';
import { ConfigurationTab } from './service/configuration.tsx';
import { DataTab } from './service/data.tsx';
import { SignalsTab } from './service/signals.tsx';
import { Trouble } from './service/trouble.tsx';

const TABS = [
  { tab: undefined, name: 'Signals' },
  { tab: 'data', name: 'Data' },
  { tab: 'configuration', name: 'Configuration' },
  { tab: 'capacity', name: 'Capacity' },
  { tab: 'history', name: 'History' },
] as const;

function tabsOf(service: string, current: string | undefined) {
  const elsewhere = [
    ['Rollout', `/services/${service}/rollout`],
    ['Logs', `/logs?service=${service}`],
    ['Traces', `/traces?service=${service}`],
    ['Errors', `/errors?service=${service}`],
    ['API', `/api/${service}`],
  ] as const;
  return [
    ...TABS.map(({ tab, name }) => ({
      name,
      href: tab === undefined ? `/services/${service}` : `/services/${service}/${tab}`,
      isCurrent: tab === current,
    })),
    ...elsewhere.map(([name, href]) => ({ name, href, isCurrent: false })),
  ];
}

/** All of one service. */
export function ServicePage() {
  const { service = '', tab } = useParams<{ service: string; tab?: string }>();
  const status = useStatus();
  const found = useService(service);
  useTitle(service);
  if (status === undefined) return <Waiting what={service} />;
  if (found === undefined) {
    return (
      <Empty title={`There is no service ${service}`}>
        {status.services.length === 0
          ? 'Nothing runs here.'
          : `There are ${status.services.map(({ name }) => name).join(', ')}.`}
      </Empty>
    );
  }
  const { name, state, why, language, address, failure, blocked } = found;
  return (
    <>
      <header className="page-head">
        <div className="head-row">
          <div>
            <h1>
              <ToneMark tone={toneOf(state)} label={state} /> {name}
            </h1>
            <p className="lead">{why}</p>
            <p className="facts">
              <span>{language}</span>
              <span>
                revision <code>{found.revision?.slice(0, 10) ?? 'none'}</code>
              </span>
              {address === undefined ? <span>internal</span> : <AddressLink address={address} />}
            </p>
          </div>
          <Actions service={found} />
        </div>
        {failure === undefined ? null : (
          <div className="failure service-failure">
            <p className="failure-title">
              {failure.step} failed: {failure.reason}
            </p>
            {failure.log.length === 0 ? null : <pre className="log-tail">{failure.log.join('\n')}</pre>}
          </div>
        )}
        {blocked.map((reason) => (
          <p key={reason} className="stale">
            {reason}
          </p>
        ))}
        <Trouble service={name} />
      </header>
      <Tabs label={`Of ${name}`} tabs={tabsOf(name, tab)} />
      {tab === undefined ? <SignalsTab service={found} /> : null}
      {tab === 'data' ? <DataTab service={found} /> : null}
      {tab === 'configuration' ? <ConfigurationTab service={name} /> : null}
      {tab === 'capacity' ? <CapacityTab service={name} /> : null}
      {tab === 'history' ? <Recent service={name} limit={200} /> : null}
    </>
  );
}

function AddressLink({ address }: { readonly address: string }) {
  return address.startsWith('http') ? (
    <a href={address}>{address.replace(/^https?:\/\//, '')}</a>
  ) : (
    <span>{address}</span>
  );
}
