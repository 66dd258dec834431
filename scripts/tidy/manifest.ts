import type { Finding, Rule } from './model.ts';

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Package {
  /** Relative to the root; empty for the root itself. */
  readonly folder: string;
  readonly manifest: Manifest;
}

const MANIFEST = /^(?:(packages\/(?:drivers\/)?[^/]+|benchmarks|simulation)\/)?package\.json$/;

/** The packages of the workspace, and the workspace itself, by name. */
export function packagesOf(files: ReadonlyMap<string, string>): ReadonlyMap<string, Package> {
  const packages = [...files].flatMap(([path, text]): Package[] => {
    const match = MANIFEST.exec(path);
    return match === null ? [] : [{ folder: match[1] ?? '', manifest: JSON.parse(text) }];
  });
  return new Map(packages.map((one) => [one.manifest.name, one]));
}

/** Each package says what it is for, all have one version, and depend on each other in exactly that. */
export const manifests: Rule = ({ files }) => {
  const packages = packagesOf(files);
  const version = [...packages.values()].find(({ folder }) => folder === '')?.manifest.version;
  return [...packages.values()].flatMap(({ folder, manifest }) => {
    const path = folder === '' ? 'package.json' : `${folder}/package.json`;
    const find = (rule: string, message: string, remedy: string): Finding => ({ path, line: 1, rule, message, remedy });
    const findings: Finding[] = [];
    if (!manifest.description && !manifest.private) {
      findings.push(find('description', `${manifest.name} has no description`, 'say in a sentence what it is for'));
    }
    if (manifest.version !== version && (manifest.version !== undefined || !manifest.private)) {
      findings.push(find('one-version', `${manifest.name} is ${manifest.version}`, `all packages are ${version}`));
    }
    for (const [name, wanted] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (packages.has(name) && wanted !== version) {
        findings.push(find('one-version', `it wants ${name} ${wanted}`, `want exactly ${version}`));
      }
    }
    for (const target of Object.values({ ...manifest.exports, ...manifest.bin })) {
      const file = `${folder}/${target.replace(/^\.\//, '')}`;
      if (!files.has(file))
        findings.push(find('exports', `${target} does not exist`, 'correct the path, or remove it'));
    }
    return findings;
  });
};
