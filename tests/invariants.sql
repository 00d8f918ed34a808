-- What must hold after every fault. Each statement selects what is wrong: no row is well.

-- double: a delivery billed more than it brought
SELECT 'double' AS wrong, task.id, sum(item.quantity)
  FROM o2c_billing_task task
  JOIN account_move_line item ON item.o2c_task_id = task.id
  JOIN account_move invoice ON invoice.id = item.move_id
  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id
 WHERE invoice.state != 'cancel' AND task.kind = 'delivery'
 GROUP BY task.id, rel.order_line_id
HAVING sum(item.quantity) > (
           SELECT sum(move.quantity)
             FROM stock_move move
            WHERE move.picking_id = task.picking_id
              AND move.sale_line_id = rel.order_line_id
              AND move.state = 'done'
       );

-- double: more than one invoice for a delivery
SELECT 'two invoices' AS wrong, item.o2c_task_id, count(DISTINCT item.move_id)
  FROM account_move_line item
  JOIN account_move invoice ON invoice.id = item.move_id
 WHERE item.o2c_task_id IS NOT NULL
   AND invoice.state != 'cancel'
   AND invoice.move_type = 'out_invoice'
 GROUP BY item.o2c_task_id
HAVING count(DISTINCT item.move_id) > 1;

-- missing: done, and no invoice
SELECT 'missing' AS wrong, task.id, task.error
  FROM o2c_billing_task task
 WHERE task.state = 'done' AND task.kind = 'delivery' AND task.error IS NULL
   AND task.carried_by_id IS NULL
   AND NOT EXISTS (SELECT FROM account_move_line item WHERE item.o2c_task_id = task.id);

-- stuck: still due
SELECT 'stuck' AS wrong, task.id, task.error
  FROM o2c_billing_task task
 WHERE task.state = 'todo' AND task.waits_for IS NULL AND task.due_on < now();

-- orphan: a draft that the queue made and left
SELECT 'orphan' AS wrong, invoice.id, invoice.name
  FROM account_move invoice
  JOIN account_move_line item ON item.move_id = invoice.id
  JOIN o2c_billing_task task ON task.id = item.o2c_task_id
 WHERE invoice.state = 'draft' AND task.state = 'todo' AND task.waits_for IS NULL;

-- a gap in the numbers
SELECT 'gap' AS wrong, journal_id, sequence_number
  FROM (
       SELECT journal_id, sequence_number,
              lag(sequence_number) OVER (
                  PARTITION BY journal_id, sequence_prefix ORDER BY sequence_number
              ) AS previous
         FROM account_move
        WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')
       ) numbers
 WHERE sequence_number > previous + 1;

-- more invoiced than delivered
SELECT 'too much' AS wrong, line.id, line.qty_invoiced
  FROM sale_order_line line
  JOIN o2c_billing_task task ON task.order_id = line.order_id
 WHERE line.qty_invoiced > line.qty_delivered
   AND line.qty_delivered_method = 'stock_move'
   AND line.is_downpayment IS NOT TRUE
   AND NOT EXISTS (
           SELECT FROM product_product product
             JOIN product_template template ON template.id = product.product_tmpl_id
            WHERE product.id = line.product_id AND template.invoice_policy = 'order'
       );
