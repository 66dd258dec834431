import { join } from 'node:path';
import type { UnixUser } from '@islet/supervise';
import type { Caches } from './caches.ts';

/**
 * How a build reaches the network is a property of the machine, not of the service: these pass from Islet's own environment
 * to a build. Nothing does to an instance.
 */
const NETWORK =
  /^(https?_proxy|all_proxy|no_proxy|npm_config_registry|pip_index_url|pip_extra_index_url|goproxy|gosumdb|goprivate|gonosumdb|gotoolchain|node_extra_ca_certs|ssl_cert_file|ssl_cert_dir)$/i;

/** A build's whole environment: every package manager and compiler keeps its cache in the service's own folder. */
export function buildEnvironment({ caches, path, user, own }: BuildPlace): Record<string, string> {
  const passed = Object.entries(own).filter(([name]) => NETWORK.test(name)) as [string, string][];
  return {
    ...Object.fromEntries(passed),
    ...identity(user, own),
    PATH: path,
    LANG: 'C.UTF-8',
    CI: 'true',
    HOME: caches.home,
    TMPDIR: caches.temporary,
    XDG_CACHE_HOME: join(caches.tools, 'xdg'),
    npm_config_cache: join(caches.tools, 'npm'),
    npm_config_update_notifier: 'false',
    COREPACK_HOME: join(caches.tools, 'corepack'),
    YARN_CACHE_FOLDER: join(caches.tools, 'yarn'),
    // A snapshot is no checkout; the go command would find the one around it, and stumble over its owner.
    GOFLAGS: [own.GOFLAGS, '-buildvcs=false'].filter(Boolean).join(' '),
    GOPATH: join(caches.tools, 'go'),
    GOCACHE: join(caches.tools, 'go-build'),
    GOMODCACHE: join(caches.tools, 'go-modules'),
    PIP_CACHE_DIR: join(caches.tools, 'pip'),
    // The JVM takes its home from the user database, where a service has none.
    MAVEN_OPTS: `-Duser.home=${caches.home} -Dmaven.repo.local=${join(caches.tools, 'maven')}`,
    GRADLE_USER_HOME: join(caches.tools, 'gradle'),
    CARGO_HOME: join(caches.tools, 'cargo'),
  };
}

interface BuildPlace {
  readonly caches: Caches;
  readonly path: string;
  readonly user: UnixUser | undefined;
  /** Islet's own. */
  readonly own: NodeJS.ProcessEnv;
}

/** An instance's whole environment: what it was given, and where it is at home. */
export function instanceEnvironment({ given, home, temporary, user, own }: InstancePlace): Record<string, string> {
  return { LANG: 'C.UTF-8', ...given, ...identity(user, own), HOME: home, TMPDIR: temporary };
}

interface InstancePlace {
  readonly given: Readonly<Record<string, string>>;
  readonly home: string;
  readonly temporary: string;
  readonly user: UnixUser | undefined;
  readonly own: NodeJS.ProcessEnv;
}

function identity(user: UnixUser | undefined, own: NodeJS.ProcessEnv): { USER: string; LOGNAME: string } {
  const name = user?.name ?? own.USER ?? own.LOGNAME ?? 'islet';
  return { USER: name, LOGNAME: name };
}
