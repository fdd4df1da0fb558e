/**
 * The link: datagrams between the device and whatever is at the far end.
 *
 * Datagrams carry CoAP (RFC 7252), but nothing here knows that. The far end answers as a function
 * of the request alone, never of what was sent before, so two devices in the same state stay in
 * the same state (a fault campaign merges equal states and would be unsound otherwise). A power
 * loss empties the link: whatever was under way is gone.
 */

/** The far end of a link, for instance a CoAP server. */
export interface LinkPeer {
  /**
   * Answers one datagram, as a function of this datagram alone.
   *
   * @param datagram the bytes the device sent; a copy, the peer may keep it
   * @returns the answer, which the peer does not change afterwards, or undefined: nothing comes back
   */
  answer(datagram: Uint8Array): Uint8Array | undefined;
}

/** The device's end of the link during one power cycle. */
export class Link {
  /** True when the datagram sent last got no answer, so that waiting makes sense. */
  unanswered = false;

  readonly #peer: LinkPeer | undefined;
  readonly #waiting: Uint8Array[] = [];

  /** @param peer the far end; without one the device has no link at all */
  constructor(peer: LinkPeer | undefined) {
    this.#peer = peer;
  }

  /** Whether this device has a link. */
  get present(): boolean {
    return this.#peer !== undefined;
  }

  /** Forgets everything, as at power-on. */
  powerOn(): void {
    this.unanswered = false;
    this.#waiting.length = 0;
  }

  /** Sends a datagram (a copy of it); its answer, if any, waits from now on. */
  send(datagram: Uint8Array): void {
    const answer = this.#peer?.answer(datagram);
    this.unanswered = answer === undefined;
    if (answer !== undefined) this.#waiting.push(answer);
  }

  /** The oldest waiting datagram, which stays where it is, or undefined. */
  peek(): Uint8Array | undefined {
    return this.#waiting[0];
  }

  /** Removes and returns the oldest waiting datagram, or undefined. */
  receive(): Uint8Array | undefined {
    return this.#waiting.shift();
  }
}
