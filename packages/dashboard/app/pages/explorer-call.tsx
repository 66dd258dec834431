import type { ApiError, ServiceReply } from '@islet/client/browser';
import { useState } from 'react';
import { api, failureOf } from '../live/api.ts';
import { durationText } from '../model/format.ts';
import { addressOf, type Operation } from '../model/openapi.ts';
import { Link } from '../parts/link.tsx';
import { Failure } from '../parts/states.tsx';
import { ToneMark } from '../parts/tone.tsx';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const;

interface CallFormProps {
  readonly service: string;
  readonly operation: Operation;
  /** Method and path are the person's own. */
  readonly isFree: boolean;
}

export function CallForm({ service, operation, isFree }: CallFormProps) {
  const { parameters } = operation;
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(parameters.map(({ name, example }) => [name, example])),
  );
  const [method, setMethod] = useState(operation.method);
  const [path, setPath] = useState(operation.path);
  const [body, setBody] = useState(operation.body ?? '');
  const [reply, setReply] = useState<ServiceReply>();
  const [error, setError] = useState<ApiError>();
  const [isCalling, setCalling] = useState(false);
  const takesBody = isFree ? method !== 'GET' && method !== 'HEAD' : operation.body !== undefined;

  const call = async () => {
    setCalling(true);
    setError(undefined);
    const own = parameters.filter(({ in: place, name }) => place === 'header' && (values[name] ?? '') !== '');
    const headers = Object.fromEntries(own.map(({ name }) => [name, values[name] ?? '']));
    const address = isFree ? path : addressOf(operation, values);
    try {
      const sent = { service, method, path: address, headers, ...(takesBody && body !== '' ? { body } : {}) };
      setReply(await api.ask('callService', sent));
    } catch (thrown) {
      setError(failureOf(thrown));
    } finally {
      setCalling(false);
    }
  };

  return (
    <form
      className="panel call"
      onSubmit={(event) => {
        event.preventDefault();
        void call();
      }}
    >
      {isFree ? (
        <div className="filters">
          <label className="field">
            <span>Method</span>
            <select value={method} onChange={({ target }) => setMethod(target.value)}>
              {METHODS.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <label className="field call-path">
            <span>Path, with its query</span>
            <input value={path} required pattern="/.*" onChange={({ target }) => setPath(target.value)} />
          </label>
        </div>
      ) : (
        <h2>
          {operation.method} <span className="id">{operation.path}</span>
        </h2>
      )}
      {parameters.map(({ name, in: place, required, description }) => (
        <label key={`${place} ${name}`} className="field">
          <span>
            {name}, in the {place}
            {description === '' ? '' : `: ${description}`}
          </span>
          <input
            value={values[name] ?? ''}
            required={required}
            onChange={({ target }) => setValues({ ...values, [name]: target.value })}
          />
        </label>
      ))}
      {takesBody ? (
        <label className="field">
          <span>Body</span>
          <textarea
            className="mono"
            rows={Math.min(16, Math.max(4, body.split('\n').length))}
            value={body}
            onChange={({ target }) => setBody(target.value)}
          />
        </label>
      ) : null}
      <div className="buttons">
        <button type="submit" className="button button-main" disabled={isCalling}>
          {isCalling ? 'Calling …' : `Call ${service}`}
        </button>
      </div>
      {error === undefined ? null : <Failure error={error} />}
      {reply === undefined ? null : <Reply reply={reply} />}
    </form>
  );
}

function Reply({ reply: { status, headers, body, cut, ms, trace, grpc } }: { readonly reply: ServiceReply }) {
  const isWell = grpc === undefined ? status < 400 : grpc.status === 0;
  const tone = isWell ? 'good' : status >= 400 && status < 500 ? 'warn' : 'bad';
  return (
    <section aria-label="Answer" className="reply" aria-live="polite">
      <p className="facts">
        <span>
          <ToneMark tone={tone} />{' '}
          <strong>{grpc === undefined ? status : `gRPC ${grpc.status ?? 'without a status'}`}</strong> {grpc?.message}
        </span>
        <span>{durationText(ms)}</span>
        <Link href={`/traces/${trace}`}>its trace</Link>
      </p>
      <pre className="log-tail">{pretty(body)}</pre>
      {cut ? <p className="muted">Only the beginning is shown.</p> : null}
      <details>
        <summary className="muted">{headers.length} header lines</summary>
        <pre className="log-tail">{headers.map(([name, value]) => `${name}: ${value}`).join('\n')}</pre>
      </details>
    </section>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
