/**
 * Every bound of the device code, in one place.
 *
 * Each costs RAM or time; the doc comment says which. A manifest beyond a limit is refused with a
 * status of group 0x04.
 */
export const enum Limit {
  /** Components in one manifest. RAM: one parameter set each. */
  Components = 2,
  /** Dependencies of one manifest; a dependency has none. Fixed. RAM: one parameter set. */
  Dependencies = 1,
  /** Sequences nested in sequences: try-each, run-sequence, process-dependency. RAM: one frame each. */
  Nesting = 4,
  /** Authentication blocks in one envelope. Time: one signature each. */
  Signatures = 4,
  /** Recipients of one encrypted payload. Time: one key agreement each. */
  Recipients = 4,
  /** Trust anchors in the device page. Time: one signature each. */
  Anchors = 4,
  /** Pages erased in one power-on when a slot is cleaned. Time: one reset for each such group. */
  CleanedPages = 5,
  /** Trial boots of a candidate before it is reverted; a power cut counts as one. */
  TrialBoots = 3,
  /** Payload bytes of one CoAP block (RFC 7959). RAM: the datagram buffer. */
  BlockBytes = 256,
  /** Size of the datagram buffer: a block, its header and its options. */
  DatagramBytes = 320,
  /** Requests sent again for one lost block before the agent gives up. */
  Retransmissions = 4,
  /** Bytes of a SUIT_Report before it is authenticated. RAM: its buffer, in firmware that reports. */
  ReportBytes = 480,
  /** Bytes of the nonce that the far end may ask to find in a report. RAM: the nonce. */
  NonceBytes = 64,
  /** Bytes of a manifest's reference URI in a report; a longer one is left out. */
  ReportUriBytes = 128,
}
