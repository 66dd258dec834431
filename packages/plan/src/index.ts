export { assume } from './assume.ts';
export { describeEnd } from './describe-end.ts';
export * from './model.ts';
export { plan } from './plan.ts';
export { START_PATIENCE_MS } from './prepare.ts';
export { earliest, preview } from './preview.ts';
export { START_ATTEMPTS } from './roll.ts';
export { describeStep, SERVICE_STATES, type ServiceState, type Status, settled, short, status } from './status.ts';
export { PROXY, unseen } from './turn.ts';
