/** The control message queue (WebCodecs, "Control Messages"): pure, knows nothing of codecs. */

export type ControlMessageOutcome = 'processed' | 'not processed'

export interface ControlMessage {
  /** The control message steps. */
  run(): ControlMessageOutcome
  /** Gives up what the message holds when it is removed without having been processed. */
  drop?(): void
}

export class ControlMessageQueue {
  /** spec: [[message queue blocked]] */
  blocked = false
  /** spec: [[control message queue]]; messages before `#front` are processed. */
  #messages: ControlMessage[] = []
  #front = 0

  get isEmpty(): boolean {
    return this.#front === this.#messages.length
  }

  /** spec: "Queue a control message" */
  enqueue(message: ControlMessage): void {
    this.#messages.push(message)
  }

  /** spec: "Process the control message queue" */
  process(): void {
    while (!this.blocked && !this.isEmpty) {
      if (this.#messages[this.#front]!.run() === 'not processed') break
      this.#dequeue()
    }
  }

  /** Removes all control messages. */
  clear(): void {
    const removed = this.#messages.slice(this.#front)
    this.#messages = []
    this.#front = 0
    for (const message of removed) message.drop?.()
  }

  /** Takes the front message out at a cost that does not grow with the queue: the array is cut now and then. */
  #dequeue(): void {
    this.#front++
    if (this.#front === this.#messages.length) {
      this.#messages.length = 0
      this.#front = 0
    } else if (this.#front >= 256 && this.#front * 2 >= this.#messages.length) {
      this.#messages.splice(0, this.#front)
      this.#front = 0
    }
  }
}
