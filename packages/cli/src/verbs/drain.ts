import type { SystemStatus } from '@islet/client';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { openSession } from '../session.ts';
import { settle } from '../settle.ts';
import type { UpOptions } from './up.ts';

export interface DrainOptions extends Omit<UpOptions, 'env'> {
  readonly back?: true;
}

export async function run(
  context: Context,
  named: string,
  folder: string | undefined,
  { back, timeout, json, state }: DrainOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state }, 'never');
  const { signal } = context;
  const { service, instance } = instanceOf(named, await session.client.status({}, { signal }));
  const { revision } = await session.client.drain({ service, instance, back: back === true }, { signal });
  const code = await settle(context, session, { revision, timeoutMs: timeout, json: json === true, service });
  if (code !== EXIT.ok || json || back) return code;
  writeLines(context.stderr, [`${instance} is out of traffic; \`islet drain ${instance} --back\` takes it back`]);
  return code;
}

/** An instance by its name; or the only one of a service. */
function instanceOf(
  named: string,
  { services }: SystemStatus,
): { readonly service: string; readonly instance: string } {
  const owner = services.find(
    ({ name, instanceList }) => name === named || instanceList.some(({ id }) => id === named),
  );
  if (owner === undefined) {
    const names = services.map(({ name }) => name).join(', ') || 'none';
    throw new UsageError(`there is no instance or service ${named}`, `the services are: ${names}`);
  }
  if (owner.name !== named) return { service: owner.name, instance: named };
  const [only, ...others] = owner.instanceList;
  if (only !== undefined && others.length === 0) return { service: named, instance: only.id };
  const ids = owner.instanceList.map(({ id, state }) => `${id} (${state})`).join(', ') || 'none';
  throw new UsageError(`${named} has ${owner.instanceList.length} instances: say which`, `its instances are: ${ids}`);
}
