import type { ServiceStatus, SystemStatus } from '../status.ts';

/** Fixed values to build a test's status of. */

export function aService(name: string, more: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name,
    language: 'TypeScript',
    state: 'ready',
    why: 'all instances are ready',
    revision: '3f9a2c1d04',
    wanted: '3f9a2c1d04',
    instances: { ready: 1, desired: 1 },
    address: `http://127.0.0.1:8080/${name}`,
    blocked: [],
    instanceList: [],
    ...more,
  };
}

export function aStatus(services: readonly ServiceStatus[], more: Partial<SystemStatus> = {}): SystemStatus {
  return {
    system: 'shop',
    folder: '/srv/shop',
    state: 'running',
    version: '0.1.0',
    revision: 1,
    gateway: 'http://127.0.0.1:8080',
    processes: { controlPlane: { pid: process.pid, startedAt: 0 } },
    services: [...services],
    settled: true,
    routed: true,
    warnings: [],
    ...more,
  };
}
