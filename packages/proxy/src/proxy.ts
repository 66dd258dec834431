import { TableAcceptor } from './control/accept-table.ts';
import { serveControl } from './control/api.ts';
import { InFlightFile } from './in-flight-file.ts';
import { LIMITS } from './limits.ts';
import { DataPlane } from './plane.ts';
import { AccessLog, accessLogOf } from './record/access-log.ts';
import { ExplainTokens } from './record/explain-tokens.ts';
import { readTable } from './table/file.ts';

export interface ProxyPaths {
  /** The control API's Unix socket. */
  readonly socket: string;
  /** The last good routing table; beside it lie `<table>.inflight`, `.cache`, `.explain-key`, and the access log, `.access`. */
  readonly table: string;
}

export interface RunningProxy {
  readonly plane: DataPlane;
  /** Lets what is in flight finish, then ends. */
  close(): Promise<void>;
}

/** Serves the last good table at once, then takes orders. No other proxy may run on these paths. */
export async function startProxy(paths: ProxyPaths): Promise<RunningProxy> {
  const accessLog = new AccessLog(accessLogOf(paths.table));
  const tokens = ExplainTokens.at(`${paths.table}.explain-key`);
  const plane = new DataPlane({ sink: accessLog, tokens });
  const inFlightFile = new InFlightFile(`${paths.table}.inflight`, () => plane.stats.inFlight);
  const table = await readTable(paths.table);
  if (table !== undefined) await plane.apply(table);
  const acceptor = new TableAcceptor(plane, paths.table);
  const control = await serveControl(paths.socket, { plane, acceptor, inFlightFile, accessLog, tokens });
  const close = async () => {
    control.close();
    await plane.close({ byMs: LIMITS.shutdownMs });
    control.closeAllConnections();
    await accessLog.close();
    inFlightFile.close();
  };
  return { plane, close };
}
