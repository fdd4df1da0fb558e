/**
 * A bad link: some datagrams get no answer.
 *
 * It counts, so what it answers depends on what was sent before. That breaks the promise of
 * `LinkPeer`, on purpose: use it to watch single runs, never under a fault campaign, which merges
 * equal states.
 */
import type { LinkPeer } from "./link.ts";

/** Passes datagrams on to another peer, except those that are to be lost. */
export class LossyLink implements LinkPeer {
  /** Datagrams seen so far, lost ones included. */
  datagramCount = 0;

  readonly #peer: LinkPeer;
  readonly #isLost: (index: number) => boolean;

  /**
   * @param peer the far end behind the bad link
   * @param isLost whether the datagram with this number, counted from 0, or its answer is lost
   */
  constructor(peer: LinkPeer, isLost: (index: number) => boolean) {
    this.#peer = peer;
    this.#isLost = isLost;
  }

  /** Answers as the peer does, or not at all. */
  answer(datagram: Uint8Array): Uint8Array | undefined {
    const index = this.datagramCount;
    this.datagramCount += 1;
    return this.#isLost(index) ? undefined : this.#peer.answer(datagram);
  }
}
