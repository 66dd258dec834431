import { Component, type ReactNode } from 'react';

/** A defect in one page takes that page away, and not the others. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="failure" role="alert">
        <p className="failure-title">This page has a defect: {error.message}</p>
        <p className="failure-hint">→ load it again; if Islet was updated meanwhile, that is all it needs</p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load again
        </button>
      </div>
    );
  }
}
