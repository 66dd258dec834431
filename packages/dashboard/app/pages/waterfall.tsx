import type { Span } from '@islet/client/browser';
import { durationText } from '../model/format.ts';
import type { WaterfallLine } from '../model/waterfall.ts';
import { Link } from '../parts/link.tsx';

/** Lines of a trace over one axis of time. Each opens to what is known of it. */
export function Lines({ lines, totalMs }: { readonly lines: readonly WaterfallLine[]; readonly totalMs: number }) {
  return (
    <div className="waterfall panel">
      <div className="waterfall-axis" aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{durationText(totalMs * share)}</span>
        ))}
      </div>
      {lines.map((line) => (
        <details key={line.key} className={`line line-${line.kind}`}>
          <summary>
            <span className="line-name" style={{ paddingLeft: `${line.depth * 14}px` }}>
              <Name line={line} />
            </span>
            <span className="line-bar">
              <Bar line={line} totalMs={totalMs} />
            </span>
          </summary>
          <Details line={line} />
        </details>
      ))}
    </div>
  );
}

function Name({ line }: { readonly line: WaterfallLine }) {
  switch (line.kind) {
    case 'span':
      return (
        <>
          <strong>{line.span.service}</strong>{' '}
          <span className={line.span.status === 'error' ? 'tone-bad' : undefined}>{line.span.name}</span>
        </>
      );
    case 'try':
      return <span className="muted">try at {line.instance}</span>;
    case 'log':
      return (
        <span className={line.log.level === 'error' || line.log.level === 'fatal' ? 'tone-bad' : 'muted'}>
          ¶ {line.log.text.split('\n', 1)[0]}
        </span>
      );
    case 'decision':
      return (
        <span className="tone-busy">
          ◆ {line.decision.rule}: {line.decision.why}
        </span>
      );
  }
}

function Bar({ line, totalMs }: { readonly line: WaterfallLine; readonly totalMs: number }) {
  const share = (ms: number) => `${Math.min(100, Math.max(0, (100 * ms) / totalMs)).toFixed(2)}%`;
  if (line.kind === 'log' || line.kind === 'decision') {
    return <span className={`instant instant-${line.kind}`} style={{ left: share(line.from) }} />;
  }
  const ms = line.to - line.from;
  const isBad =
    line.kind === 'span' ? line.span.status === 'error' : typeof line.outcome === 'string' || line.outcome >= 500;
  return (
    <>
      <span
        className={isBad ? 'took took-bad' : `took took-${line.kind}`}
        style={{ left: share(line.from), width: share(ms) }}
      />
      <span className="took-text" style={{ left: share(line.to), paddingLeft: '6px' }}>
        {durationText(ms)}
      </span>
    </>
  );
}

function Details({ line }: { readonly line: WaterfallLine }) {
  switch (line.kind) {
    case 'span':
      return <SpanDetails span={line.span} from={line.from} />;
    case 'try':
      return (
        <dl className="facts-list line-details">
          <dt>Instance</dt>
          <dd>{line.instance}</dd>
          <dt>Came to</dt>
          <dd>{line.outcome}</dd>
        </dl>
      );
    case 'log':
      return <pre className="log-tail line-details">{line.log.text}</pre>;
    case 'decision':
      return (
        <dl className="facts-list line-details">
          <dt>Rule</dt>
          <dd className="id">{line.decision.rule}</dd>
          <dt>Why</dt>
          <dd>{line.decision.why}</dd>
          <dt>Set in</dt>
          <dd className="id">{line.decision.from}</dd>
          {line.decision.instance === undefined ? null : (
            <>
              <dt>Instance</dt>
              <dd className="id">{line.decision.instance}</dd>
            </>
          )}
        </dl>
      );
  }
}

function SpanDetails({ span, from }: { readonly span: Span; readonly from: number }) {
  const { service, kind, source, instance, revision, message, attributes, events } = span;
  return (
    <div className="line-details">
      <dl className="facts-list">
        <dt>Service</dt>
        <dd>
          <Link href={`/services/${service}`}>{service}</Link>, {kind}, from{' '}
          {source === 'proxy' ? 'the proxy' : 'the service itself'}
        </dd>
        <dt>Begun after</dt>
        <dd>{durationText(from)}</dd>
        {instance === undefined ? null : (
          <>
            <dt>Instance</dt>
            <dd className="id">{instance}</dd>
          </>
        )}
        {revision === undefined ? null : (
          <>
            <dt>Revision</dt>
            <dd className="id">{revision}</dd>
          </>
        )}
        {message === undefined ? null : (
          <>
            <dt>Message</dt>
            <dd className="tone-bad">{message}</dd>
          </>
        )}
        {Object.entries(attributes).map(([name, value]) => (
          <Attribute key={name} name={name} value={value} />
        ))}
        {events.map((event) => (
          <Attribute key={`${event.at} ${event.name}`} name={event.name} value={JSON.stringify(event.attributes)} />
        ))}
      </dl>
    </div>
  );
}

function Attribute({ name, value }: { readonly name: string; readonly value: string | number | boolean }) {
  return (
    <>
      <dt className="id">{name}</dt>
      <dd className="id">{String(value)}</dd>
    </>
  );
}
