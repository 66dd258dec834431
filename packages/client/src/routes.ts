/**
 * Method and path of every route of the control API, and nothing else: the client needs no more to call, and a command
 * line that loads no schema library starts 30 ms sooner. What goes in and comes out is said in `contract.ts`.
 */
export const ROUTES = {
  status: { method: 'GET', path: '/v1/status', stream: false },
  watch: { method: 'GET', path: '/v1/status/watch', stream: true },
  apply: { method: 'POST', path: '/v1/apply', stream: false },
  plan: { method: 'POST', path: '/v1/plan', stream: false },
  down: { method: 'POST', path: '/v1/down', stream: false },
  restart: { method: 'POST', path: '/v1/services/{service}/restart', stream: false },
  deploy: { method: 'POST', path: '/v1/services/{service}/deploy', stream: false },
  rollout: { method: 'GET', path: '/v1/services/{service}/rollout', stream: false },
  steerRollout: { method: 'POST', path: '/v1/services/{service}/rollout', stream: false },
  rollback: { method: 'POST', path: '/v1/services/{service}/rollback', stream: false },
  scale: { method: 'POST', path: '/v1/services/{service}/scale', stream: false },
  scaling: { method: 'GET', path: '/v1/services/{service}/scaling', stream: false },
  logs: { method: 'GET', path: '/v1/logs', stream: true },
  environment: { method: 'GET', path: '/v1/services/{service}/environment', stream: false },
  database: { method: 'GET', path: '/v1/services/{service}/database', stream: false },
  query: { method: 'POST', path: '/v1/services/{service}/database/query', stream: false },
  seed: { method: 'POST', path: '/v1/services/{service}/database/seed', stream: false },
  rotate: { method: 'POST', path: '/v1/services/{service}/database/rotate', stream: false },
  migrations: { method: 'GET', path: '/v1/services/{service}/database/migrations', stream: false },
  operator: { method: 'GET', path: '/v1/operator', stream: false },
  secrets: { method: 'GET', path: '/v1/secrets', stream: false },
  setSecret: { method: 'PUT', path: '/v1/secrets/{name}', stream: false },
  removeSecret: { method: 'DELETE', path: '/v1/secrets/{name}', stream: false },
  decisions: { method: 'GET', path: '/v1/decisions', stream: false },
  diagnose: { method: 'GET', path: '/v1/diagnosis', stream: false },
  traffic: { method: 'GET', path: '/v1/traffic', stream: false },
} as const;

export type RouteName = keyof typeof ROUTES;
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
