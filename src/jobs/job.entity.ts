import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A job, or a timer (kind `timer:…`, whose key is its kind). */
@Entity('jobs')
@Unique('jobs_key_key', ['key'])
export class Job {
  @PrimaryColumn('uuid') id: string;
  @Column('text') kind: string;
  /** At most one job has it. */
  @Column('text', { nullable: true }) key: string | null;
  @Column('jsonb', { default: {} }) payload: object;
  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' }) runAt: Date;
  /** Of the current step, the running one included; 0 once the key was enqueued again. */
  @Column('integer', { default: 0 }) attempts: number;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) lockedUntil: Date | null;
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) failedAt: Date | null;
  @Column('text', { nullable: true }) lastError: string | null;
  @CreateDateColumn({ type: 'timestamptz', precision: 3 }) createdAt: Date;
}
