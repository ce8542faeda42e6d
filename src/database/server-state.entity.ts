import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A value of the whole installation; the only key is `epoch`. */
@Entity('server_state')
export class ServerState {
  @PrimaryColumn('text') key: string;
  @Column('text') value: string;
}
