/**
 * Testing entry: the CoAP codec on its own, without a link. What it reads lies in memory as the
 * fields of `Message`.
 */
import { readMessage, writeGet } from "../link/coap";

export { __heap_base, readMessage, writeGet };
