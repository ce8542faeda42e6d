import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Actor } from '../common/actor.js';
import { ApiPage, ApiProblems } from '../common/api.decorators.js';
import { CurrentActor } from '../common/auth.decorators.js';
import { IdPipe, MessageId, RoomId } from '../common/ids.js';
import { type Page, PageQuery } from '../common/page.js';
import { ReportMessageDto, ReportsQuery, ResolveReportDto } from './dto/moderation.dto.js';
import { ModerationService } from './moderation.service.js';
import { AuditEntryView, ReportView } from './moderation.view.js';

@ApiTags('moderation')
@ApiBearerAuth()
@Controller({ path: 'rooms/:roomId', version: '1' })
export class ModerationController {
  constructor(private readonly moderation: ModerationService) {}

  @Post('messages/:messageId/report')
  @ApiOperation({
    summary: 'Report a message to the members who may delete it',
    description: 'If you have already reported the message, the answer is 200 with your first report. The author is not notified.',
  })
  @ApiCreatedResponse({ type: ReportView })
  @ApiOkResponse({ type: ReportView, description: 'Your first report.' })
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'message_not_found'], 422: ['not_reportable', 'unstorable_text'] })
  async reportMessage(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @MessageId() messageId: string,
    @Body() dto: ReportMessageDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReportView> {
    const { report, created } = await this.moderation.reportMessage(actor, roomId, messageId, dto.reason);
    response.status(created ? HttpStatus.CREATED : HttpStatus.OK);
    return report;
  }

  @Get('reports')
  @ApiOperation({
    summary: 'List the reports of a room, newest first',
    description: 'Needs `can_delete_messages`. Only reports of messages that you may read.',
  })
  @ApiPage(ReportView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  listReports(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: ReportsQuery): Promise<Page<ReportView>> {
    return this.moderation.listReports(actor, roomId, query);
  }

  @Post('reports/:id/resolve')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Resolve a report', description: 'Needs `can_delete_messages`.' })
  @ApiOkResponse({ type: ReportView })
  @ApiProblems({ 403: 'forbidden', 404: ['room_not_found', 'report_not_found'], 409: 'report_resolved', 422: 'unstorable_text' })
  resolveReport(
    @CurrentActor() actor: Actor,
    @RoomId() roomId: string,
    @Param('id', IdPipe) id: string,
    @Body() dto: ResolveReportDto,
  ): Promise<ReportView> {
    return this.moderation.resolveReport(actor, roomId, id, dto.note ?? null);
  }

  @Get('audit')
  @ApiOperation({ summary: 'List the moderation actions of a room, newest first', description: 'Needs `can_remove_users`.' })
  @ApiPage(AuditEntryView)
  @ApiProblems({ 403: 'forbidden', 404: 'room_not_found' })
  listAudit(@CurrentActor() actor: Actor, @RoomId() roomId: string, @Query() query: PageQuery): Promise<Page<AuditEntryView>> {
    return this.moderation.listAudit(actor, roomId, query);
  }
}
