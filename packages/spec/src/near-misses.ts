import { own } from './own.ts';

/**
 * Keys that people bring along from other tools, or put one level too high, and where they belong here. The nearest name
 * by spelling would mislead for these.
 */
export function nearMiss(path: string): string | undefined {
  const key = path.split('.').at(-1) ?? '';
  return own(BY_PATH, path) ?? own(BY_KEY, key);
}

const PORT = 'listen on $PORT, or write api.port for a fixed one';
const LATER = 'this version has no such section yet';
const TO_USES = 'write it as uses, a list of service names';
const TO_SCALE = 'write it as scale.min';
const TO_ENV = 'write it as run.env';
const TO_COMMAND = 'write it as run.command';
const TO_EXPOSE = 'write it as api.expose';

const BY_PATH: Readonly<Record<string, string>> = {
  services: 'services are listed in islet.yaml',
  machine: 'what the machine may give away stands in islet.yaml',
  system: "the system's name stands in islet.yaml",
  gateway: 'the gateway is described in islet.yaml',
  environments: 'environments are described in islet.yaml',
  command: TO_COMMAND,
  cmd: TO_COMMAND,
  start: TO_COMMAND,
  entrypoint: TO_COMMAND,
  build: 'write it as run.build',
  inputs: 'write it as run.inputs',
  env: TO_ENV,
  resources: 'write it as run.resources',
  protocol: 'write it as api.protocol',
  contract: 'write it as api.contract',
  expose: TO_EXPOSE,
  migrations: 'write it as database.migrations',
  strategy: 'write it as rollout.strategy',
  allow: 'write it as security.allow',
  restart: 'a process that ends is always started again; scale and health say the rest',
  deploy: 'write it as scale and rollout',
  events: LATER,
  telemetry: LATER,
  backup: LATER,
  'database.backup': LATER,
  'database.drill': LATER,
  'security.auth': LATER,
  'scale.targets': 'did you mean "target"?',
  'scale.metrics': 'write it as scale.target',
  'scale.cpu': 'write it as scale.target.cpu',
  'scale.concurrency': 'write it as scale.target.concurrency',
  'scale.rps': 'write it as scale.target.rps',
  'scale.p95': 'write it as scale.target.p95',
  'scale.target.latency': 'write it as scale.target.p95',
  'scale.cooldown': 'write it as scale.zero.after',
  autoscaling: 'write it as scale.target',
  'rollout.steps': LATER,
  'rollout.analysis': LATER,
  'run.args': 'write arguments into run.command',
  'run.entrypoint': TO_COMMAND,
  'run.cmd': TO_COMMAND,
  'run.uses': 'uses stands at the top of the file',
  'run.grace': 'write it as run.stop.grace',
  'run.drain': 'write it as run.stop.drain',
  'run.limits': 'write it as run.resources',
  'run.cpu': 'write it as run.resources.cpu',
  'run.memory': 'write it as run.resources.memory',
  'run.cwd': 'a command runs in the service\'s folder; begin it with "cd … &&" for another',
  'run.workdir': 'a command runs in the service\'s folder; begin it with "cd … &&" for another',
  'database.type': 'write it as database.engine',
  'health.readiness': 'did you mean "ready"?',
  'health.liveness': 'did you mean "live"?',
  'traffic.timeouts': 'did you mean "timeout"?',
  balance: 'write it as traffic.balance',
  'traffic.loadBalancing': 'did you mean "balance"?',
  'traffic.loadBalancer': 'did you mean "balance"?',
  'traffic.sticky': 'write it as traffic.balance.sticky',
  'traffic.slowStart': 'write it as traffic.balance.slowStart',
  timeout: 'write it as traffic.timeout',
  retry: 'write it as traffic.retry',
  outlier: 'write it as traffic.outlier',
  breaker: 'write it as traffic.breaker',
  rateLimit: 'write it as traffic.rateLimit',
  cache: 'write it as traffic.cache',
  'traffic.cache.ttl': 'did you mean "freshFor"?',
  'traffic.cache.maxAge': 'did you mean "freshFor"?',
  limits: 'write it as traffic.limits, or run.resources for cores and memory',
  'traffic.bulkhead': 'did you mean "limits"?',
  'traffic.circuitBreaker': 'did you mean "breaker"?',
  'traffic.outlierDetection': 'did you mean "outlier"?',
  'traffic.retries': 'write it as traffic.retry.attempts',
  'traffic.retry.count': 'did you mean "attempts"?',
  'traffic.retry.retries': 'did you mean "attempts"?',
  'health.path': 'write it as health.ready',
};

const BY_KEY: Readonly<Record<string, string>> = {
  port: PORT,
  ports: PORT,
  image: 'this version runs a command, not an image; write run.command',
  replicas: TO_SCALE,
  instances: TO_SCALE,
  depends_on: TO_USES,
  dependsOn: TO_USES,
  dependencies: TO_USES,
  links: TO_USES,
  environment: TO_ENV,
  env_file: TO_ENV,
  secrets: 'name a secret where it is used: run.env.NAME: { secret: name }',
  volumes: 'a service keeps its data in a database; files it must be given belong into run.inputs',
  healthcheck: 'write it as health.ready',
  probes: 'write it as health',
  routes: TO_EXPOSE,
  ingress: TO_EXPOSE,
  interval: 'did you mean "period"?',
  retries: 'did you mean "fall"?',
  failureThreshold: 'did you mean "fall"?',
  successThreshold: 'did you mean "rise"?',
  periodSeconds: 'did you mean "period", with a unit: 10s?',
  timeoutSeconds: 'did you mean "timeout", with a unit: 1s?',
  initialDelaySeconds: 'nothing waits for a fixed time; health.startup.deadline bounds how long a start may take',
  '<<': "merge keys are not part of YAML 1.2; write the keys out, or use an environment's overlay",
};
