import type { ServiceStatus, SystemStatus } from '@islet/client';
import { aService, aStatus } from '@islet/client/testing';

/* A shop in mid-life, for pages to show: one service rolls out, one is ill, one is fine. All instants hang on `NOW`. */

export const NOW = Date.now();
export const MINUTE = 60_000;

const OLD = '3f9a2c1d04';
const NEW = '8be01f77aa';

function instances(service: string, revision: string, count: number): ServiceStatus['instanceList'] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${service}-${revision}.0-${index + 1}`,
    revision,
    state: 'ready' as const,
    pid: 4200 + index + service.length * 10 + (revision === NEW ? 5 : 0),
    port: 20_100 + index + service.length * 10 + (revision === NEW ? 5 : 0),
    startedAt: NOW - (index + 1) * 47 * MINUTE,
    exits: 0,
  }));
}

const POSTGRES = { engine: 'postgres', state: 'ready', pid: 812 };

export const SERVICES: readonly ServiceStatus[] = [
  aService('catalog', {
    language: 'TypeScript',
    address: 'http://localhost:8080/api/catalog',
    why: '2 of 2 ready',
    instances: { ready: 2, desired: 2 },
    instanceList: instances('catalog', OLD, 2),
    database: POSTGRES,
  }),
  aService('notifications', {
    language: 'Python',
    state: 'degraded',
    why: '0 of 1 ready: notifications-3f9a2c1d04.0-1 ended 4 times, and starts again',
    instances: { ready: 0, desired: 1 },
    instanceList: [
      { id: 'notifications-3f9a2c1d04.0-1', revision: OLD, state: 'exited', exits: 4, why: 'exit 1, again after 8 s' },
    ],
  }),
  aService('orders', {
    language: 'TypeScript',
    state: 'progressing',
    why: 'moves traffic on: 25 % of the requests go to 8be01f77aa',
    wanted: NEW,
    address: 'http://localhost:8080/api/orders',
    instances: { ready: 4, desired: 3 },
    instanceList: [...instances('orders', OLD, 3), ...instances('orders', NEW, 1)],
    database: POSTGRES,
  }),
  aService('payments', {
    language: 'Go',
    why: '2 of 2 ready; payments-3f9a2c1d04.0-2 is out of traffic, as it was asked to',
    instances: { ready: 2, desired: 2 },
    instanceList: [
      ...instances('payments', OLD, 3).map((one, index) => (index === 1 ? { ...one, state: 'drained' as const } : one)),
    ],
    database: POSTGRES,
  }),
  aService('recommendations', {
    language: 'Java',
    state: 'blocked',
    why: 'javac is not on the PATH; install a JDK 21',
    blocked: ['javac is not on the PATH; install a JDK 21'],
    instances: { ready: 0, desired: 1 },
  }),
  aService('web', {
    language: 'TypeScript',
    address: 'http://localhost:8080/',
    why: '2 of 2 ready',
    instances: { ready: 2, desired: 2 },
    instanceList: instances('web', OLD, 2),
  }),
];
SERVICES.forEach((service) => {
  if (service.state === 'blocked') delete service.revision;
});

export function shopStatus(
  services: readonly ServiceStatus[] = SERVICES,
  more: Partial<SystemStatus> = {},
): SystemStatus {
  return aStatus(services, {
    gateway: 'http://localhost:8080',
    processes: {
      controlPlane: { pid: 3107, startedAt: NOW - 4_300 * MINUTE },
      proxy: { pid: 3120 },
      keeper: { pid: 3101 },
    },
    environment: 'production',
    settled: false,
    warnings: ['no isolation between services: not root'],
    ...more,
  });
}

/** As many services as are asked for, all of them well. */
export function manyServices(count: number): readonly ServiceStatus[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `service-${String(index + 1).padStart(3, '0')}`;
    return aService(name, {
      why: '2 of 2 ready',
      instances: { ready: 2, desired: 2 },
      instanceList: instances(name, OLD, 2),
    });
  });
}
