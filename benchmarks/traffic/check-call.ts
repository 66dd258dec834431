import { connect } from 'node:http2';

const DEADLINE_MS = 10_000;

/** Makes one gRPC call; rejects where it does not end with status 0 in its trailers: a load generator doesn't look at them. */
export function checkCall(port: number, path: string, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const end = (error?: Error) => {
      session.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    session.once('error', end);
    const fields = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const call = session.request(fields);
    let status: unknown;
    call.once('error', end);
    call.once('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    call.once('close', () =>
      end(status === '0' ? undefined : new Error(`port ${port}: a call ended with grpc-status ${status}`)),
    );
    call.setTimeout(DEADLINE_MS, () => end(new Error(`port ${port} did not answer a gRPC call`)));
    call.resume();
    call.end(message);
  });
}
