/** A picture of the server; one that failed is asked for again once the line is back. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { reconnects } from '../state/line';

type PictureProps = JSX.IntrinsicElements['img'] & {
  src: string;
  alt: string;
  'data-testid'?: string;
  onLoad?: () => void;
  onError?: () => void;
};

export function Picture(props: PictureProps) {
  // What is shown belongs to one address: of another one nothing has failed yet.
  return <Tried key={props.src} {...props} />;
}

function Tried({ alt, onLoad, onError, ...rest }: PictureProps) {
  const [tries, setTries] = useState(0);
  const failed = useRef(false);
  const line = reconnects.value;
  useEffect(() => {
    if (!failed.current) return;
    failed.current = false;
    setTries((before) => before + 1);
  }, [line]);
  return (
    <img
      {...rest}
      key={tries}
      alt={alt}
      onLoad={() => {
        failed.current = false;
        onLoad?.();
      }}
      onError={() => {
        failed.current = true;
        onError?.();
      }}
    />
  );
}
