import type { SecretInfo } from '@islet/client/browser';
import { useState } from 'react';
import { api } from '../live/api.ts';
import { Confirm } from './confirm.tsx';
import { type Column, Table } from './table.tsx';
import { Ago } from './time.tsx';

interface SecretsProps {
  readonly secrets: readonly SecretInfo[];
  readonly again: () => void;
  /** Who names them is told too, and they can be removed. */
  readonly isWhole?: boolean;
}

/** Which there are, and never what they are. */
export function Secrets({ secrets, again, isWhole = false }: SecretsProps) {
  const columns: readonly Column<SecretInfo>[] = [
    { name: 'Secret', kind: 'head', className: () => 'id', show: ({ name }) => name },
    { name: 'Version', kind: 'number', show: ({ version }) => version },
    { name: 'Set', show: ({ setAt }) => <Ago at={setAt} /> },
    ...(isWhole
      ? [{ name: 'Used by', show: ({ usedBy }: SecretInfo) => (usedBy.length === 0 ? 'nobody' : usedBy.join(', ')) }]
      : []),
    {
      name: 'Actions',
      isUnseen: true,
      show: ({ name, usedBy }) => (
        <div className="buttons">
          <SetSecret name={name} again={again} />
          {isWhole ? <RemoveSecret name={name} usedBy={usedBy} again={again} /> : null}
        </div>
      ),
    },
  ];
  return <Table label="Table of secrets" columns={columns} rows={secrets} keyOf={({ name }) => name} />;
}

/** What is typed goes to the control plane, and nowhere else: it is shown again by nobody. */
export function SetSecret({ name, again }: { readonly name?: string; readonly again: () => void }) {
  const [typed, setTyped] = useState('');
  const [value, setValue] = useState('');
  const target = name ?? typed;
  return (
    <Confirm
      verb={name === undefined ? 'New secret' : 'Set'}
      title={name === undefined ? 'Set a secret' : `Set ${name}`}
      act={async () => {
        const { version } = await api.ask('setSecret', { name: target, value });
        setValue('');
        setTyped('');
        again();
        return `${target} has version ${version}; who names it gets it with the next deploy`;
      }}
    >
      <p>It is encrypted at rest, and reaches services that name it with their next deploy.</p>
      {name === undefined ? (
        <label className="field">
          <span>Name, as a service’s file names it</span>
          <input value={typed} required autoComplete="off" onChange={(event) => setTyped(event.target.value.trim())} />
        </label>
      ) : null}
      <label className="field">
        <span>Value</span>
        <input
          type="password"
          autoComplete="off"
          required
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
    </Confirm>
  );
}

function RemoveSecret({ name, usedBy, again }: Pick<SecretInfo, 'name' | 'usedBy'> & { readonly again: () => void }) {
  return (
    <Confirm
      verb="Remove"
      title={`Remove ${name}?`}
      danger
      typed={name}
      act={async () => {
        const { removed } = await api.ask('removeSecret', { name });
        again();
        return removed ? `${name} is removed` : `${name} was not there any more`;
      }}
    >
      <p>
        {usedBy.length === 0
          ? 'No service names it.'
          : `${usedBy.join(', ')} can’t be deployed any more until it is set again. What runs goes on.`}
      </p>
    </Confirm>
  );
}
