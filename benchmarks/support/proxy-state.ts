import { Agent, request } from 'node:http';
import { socketPath } from '@islet/keeper/life';
import type { ProxyState } from '@islet/proxy';

/** The proxy's own word on where it sends requests, asked on a connection that is kept. */
export class ProxyWatch implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #socketPath: string;

  constructor(state: string) {
    this.#socketPath = socketPath(state, 'proxy');
  }

  async routesTo(instance: string): Promise<boolean> {
    const { table } = await this.#ask();
    return Object.values(table?.services ?? {}).some(({ endpoints }) =>
      endpoints.some((endpoint) => endpoint.instance === instance),
    );
  }

  /** How many instances of a service it sends requests to. */
  async endpoints(service: string): Promise<number> {
    const { table } = await this.#ask();
    return table?.services[service]?.endpoints.length ?? 0;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #ask(): Promise<ProxyState> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#socketPath, path: '/state', agent: this.#agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.once('end', () => resolve(JSON.parse(text)));
        response.once('error', reject);
      });
      call.once('error', reject);
      call.end();
    });
  }
}
