import type { GrpcMethod, ServiceContract } from '@islet/client/browser';
import { useParams, useSearchParams } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { type Operation, readOpenApi } from '../model/openapi.ts';
import { Answered, Empty } from '../parts/states.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useTitle } from '../parts/title.ts';
import { CallForm } from './explorer-call.tsx';

const FREE: Operation = {
  key: 'any',
  method: 'GET',
  path: '/',
  summary: 'Any request',
  parameters: [],
  body: undefined,
};

/** What each service offers, and a form to try it. */
export function ExplorerPage() {
  const { service } = useParams<{ service?: string }>();
  const services = useStatus()?.services ?? [];
  const chosen = service ?? services[0]?.name;
  useTitle('API');
  return (
    <>
      <header className="page-head">
        <h1>API</h1>
        <p className="lead">
          A call from here goes through the proxy, like every other: with the service’s timeouts, retries and limits,
          and with a trace.
        </p>
      </header>
      <Tabs
        label="Services"
        tabs={services.map(({ name }) => ({ name, href: `/api/${name}`, isCurrent: name === chosen }))}
      />
      {chosen === undefined ? (
        <Empty title="There is no service to call" />
      ) : (
        <ServiceApi key={chosen} service={chosen} />
      )}
    </>
  );
}

function ServiceApi({ service }: { readonly service: string }) {
  const asked = useAsk('contractOf', { service }, { on: useStatus()?.revision });
  return (
    <Answered asked={asked} what="its contract">
      {(contract) => <Contract service={service} contract={contract} />}
    </Answered>
  );
}

function Contract({ service, contract }: { readonly service: string; readonly contract: ServiceContract }) {
  const { protocol, file, text, problem, methods } = contract;
  const [params, setParams] = useSearchParams();
  const chosen = params.get('operation');
  if (protocol === 'tcp')
    return (
      <Empty title={`${service} speaks a protocol of its own`}>
        What its connections carry, only its clients understand.
      </Empty>
    );
  const isGrpc = protocol === 'grpc';
  const api = text === undefined || isGrpc ? undefined : readOpenApi(text);
  const operations = isGrpc ? (methods ?? []).map(operationOf) : [...(api?.kind === 'api' ? api.operations : []), FREE];
  const operation = operations.find(({ key }) => key === chosen) ?? operations[0] ?? FREE;
  return (
    <div className="explorer">
      <div>
        {problem === undefined ? null : <p className="stale">{problem}</p>}
        {api?.kind === 'unreadable' ? (
          <p className="stale">
            {file}: {api.why}
          </p>
        ) : null}
        {file === undefined ? (
          <p className="muted">
            Its file names no contract. With <code>api.contract: {isGrpc ? 'service.proto' : 'openapi.yaml'}</code>,
            what it offers is listed here.
          </p>
        ) : null}
        <ul className="operations">
          {operations.map(({ key, method, path, summary }) => (
            <li key={key}>
              <button
                type="button"
                aria-pressed={key === operation.key}
                onClick={() => setParams({ operation: key }, { replace: true })}
              >
                <span className="operation-method">{key === FREE.key ? 'any' : isGrpc ? 'gRPC' : method}</span>
                <span>
                  <span className="id">{path}</span>
                  <span className="why">{summary}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {isGrpc && operations.length === 0 ? null : (
        <CallForm key={operation.key} service={service} operation={operation} isFree={operation.key === FREE.key} />
      )}
    </div>
  );
}

/** A method of gRPC as a form knows operations: one message, no parameters. */
function operationOf({ path, summary, example, isStreamed }: GrpcMethod): Operation {
  const words = [summary, isStreamed ? 'a stream: one message is sent, all that come back are shown' : ''];
  return { key: path, method: 'POST', path, summary: words.filter(Boolean).join('; '), parameters: [], body: example };
}
