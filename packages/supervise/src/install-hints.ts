/** What gives each tool on Debian and its kin; elsewhere the package is usually called alike. */
const PACKAGES: Readonly<Record<string, string>> = {
  go: 'golang',
  java: 'default-jdk-headless',
  javac: 'default-jdk-headless',
  jar: 'default-jdk-headless',
  mvn: 'maven',
  gradle: 'gradle',
  python: 'python-is-python3',
  python3: 'python3',
  pip: 'python3-pip',
  pip3: 'python3-pip',
  node: 'nodejs',
  npm: 'npm',
  npx: 'npm',
  cargo: 'cargo',
  rustc: 'rustc',
  gcc: 'build-essential',
  cc: 'build-essential',
  make: 'build-essential',
  ruby: 'ruby-full',
  bundle: 'ruby-bundler',
  php: 'php-cli',
  composer: 'composer',
  dotnet: 'dotnet-sdk-8.0',
  protoc: 'protobuf-compiler',
  git: 'git',
};

const NPM_TOOLS: Readonly<Record<string, string>> = { yarn: 'yarn', pnpm: 'pnpm', tsc: 'typescript' };

export function installHint(program: string): string {
  const name = PACKAGES[program];
  if (name !== undefined) return `apt-get install ${name}`;
  const npm = NPM_TOOLS[program];
  if (npm !== undefined) return `npm install --global ${npm}`;
  return `install ${program}, or name it by its path`;
}
