import { programsOf } from '@islet/supervise';

/**
 * A command that is one program lets that program replace the shell, so that the instance's main process is the service
 * itself: its pid is the one to look at, and its death is the instance's. Anything more stays as it is.
 */
export function execForm(command: string): string {
  const bare = command.replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"|\\./gs, '_').trim();
  const [program = ''] = bare.split(/\s+/);
  const isOneCommand = !/[;&|()<>`\n]|\$\(/.test(bare);
  const isProgram = /^[\w./-]*\/[\w./-]+$/.test(program) || programsOf(command)[0] === program;
  return isOneCommand && isProgram ? `exec ${command.trim()}` : command;
}
