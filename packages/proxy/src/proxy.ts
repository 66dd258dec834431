import { TableAcceptor } from './control/accept-table.ts';
import { serveControl } from './control/api.ts';
import { InFlightFile } from './in-flight-file.ts';
import { LIMITS } from './limits.ts';
import { AccessLog, accessLogOf } from './record/access-log.ts';
import { ExplainTokens } from './record/explain-tokens.ts';
import { readTable } from './table/file.ts';
import { Fleet } from './threads/fleet.ts';

export interface ProxyPaths {
  /** The control API's Unix socket. */
  readonly socket: string;
  /** The last good routing table; beside it lie `<table>.inflight`, `.cache`, `.explain-key`, and the access log, `.access`. */
  readonly table: string;
}

export interface RunningProxy {
  readonly fleet: Fleet;
  /** Lets what is in flight finish, then ends. */
  close(): Promise<void>;
}

/** Serves the last good table at once, then takes orders. No other proxy may run on these paths. */
export async function startProxy(paths: ProxyPaths): Promise<RunningProxy> {
  const accessLog = new AccessLog(accessLogOf(paths.table));
  const tokenKey = `${paths.table}.explain-key`;
  const tokens = ExplainTokens.at(tokenKey);
  const fleet = new Fleet({ sink: accessLog, tokens, tokenKey });
  const inFlightFile = new InFlightFile(`${paths.table}.inflight`, () => fleet.inFlight);
  const table = await readTable(paths.table);
  if (table !== undefined) await fleet.apply(table);
  const acceptor = new TableAcceptor(fleet, paths.table);
  const control = await serveControl(paths.socket, { fleet, acceptor, inFlightFile, accessLog, tokens });
  const close = async () => {
    control.close();
    await fleet.close({ byMs: LIMITS.shutdownMs });
    control.closeAllConnections();
    await accessLog.close();
    inFlightFile.close();
  };
  return { fleet, close };
}
