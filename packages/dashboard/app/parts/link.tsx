import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { navigate } from 'wouter/use-browser-location';

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string };

/**
 * A way to another page of the dashboard. wouter's own listens to four events for each link, and is drawn again by each
 * step of the history; a page of logs has hundreds of links, and none of them cares where one is.
 */
export function Link({ href, children, ...more }: LinkProps) {
  return (
    <a href={href} onClick={(event) => follow(event, href)} {...more}>
      {children}
    </a>
  );
}

/** A new tab or window is the browser's affair. */
function follow(event: MouseEvent, href: string): void {
  const { button, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (button !== 0 || ctrlKey || metaKey || altKey || shiftKey) return;
  event.preventDefault();
  navigate(href);
}
