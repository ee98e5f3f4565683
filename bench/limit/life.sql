-- One order, placed to captured, in three transactions, for pgbench.
-- A guarded update ends in \gset: when it hits no row, pgbench stops with an error instead of counting on.
\set account random(1, 100000)
\set location random(1, 50)
\set product_1 random(1, 49999)
\set product_2 random(50000, 100000)
\set quantity_1 random(1, 3)
\set quantity_2 random(1, 3)
\set total_1 1000 * :quantity_1
\set total_2 1000 * :quantity_2
\set total :total_1 + :total_2

SELECT name FROM bench_limit.account WHERE id = :account;

-- 1: a two-line order with its delivery group, payment and summaries.
BEGIN;
INSERT INTO bench_limit.sales_order (reference, account, status, currency, total)
VALUES (gen_random_uuid()::text, :account, 'Activated', 'EUR', :total) RETURNING id AS sales_order \gset
INSERT INTO bench_limit.delivery_group (sales_order, address, method)
VALUES (:sales_order, '1 Example Street, 12345 Town, DE', 'standard') RETURNING id AS delivery_group \gset
INSERT INTO bench_limit.item (sales_order, delivery_group, product, quantity, price, total)
VALUES (:sales_order, :delivery_group, :product_1, :quantity_1, 1000, :total_1) RETURNING id AS item_1 \gset
INSERT INTO bench_limit.item (sales_order, delivery_group, product, quantity, price, total)
VALUES (:sales_order, :delivery_group, :product_2, :quantity_2, 1000, :total_2) RETURNING id AS item_2 \gset
INSERT INTO bench_limit.payment_summary (sales_order, authorized)
VALUES (:sales_order, :total) RETURNING id AS payment_summary \gset
INSERT INTO bench_limit.payment (payment_summary, sales_order, kind, amount, status)
VALUES (:payment_summary, :sales_order, 'authorization', :total, 'authorized') RETURNING id AS payment \gset
INSERT INTO bench_limit.summary (sales_order, status, total)
VALUES (:sales_order, 'Created', :total) RETURNING id AS summary \gset
INSERT INTO bench_limit.item_summary (summary, item, ordered)
VALUES (:summary, :item_1, :quantity_1) RETURNING id AS item_summary_1 \gset
INSERT INTO bench_limit.item_summary (summary, item, ordered)
VALUES (:summary, :item_2, :quantity_2) RETURNING id AS item_summary_2 \gset
COMMIT;

-- 2: reserve, and say which location fulfills. The lower product comes first, so two lives never deadlock.
BEGIN;
UPDATE bench_limit.position SET reserved = reserved + :quantity_1
WHERE product = :product_1 AND location = :location AND on_hand - reserved >= :quantity_1
RETURNING reserved AS guard \gset
UPDATE bench_limit.position SET reserved = reserved + :quantity_2
WHERE product = :product_2 AND location = :location AND on_hand - reserved >= :quantity_2
RETURNING reserved AS guard \gset
INSERT INTO bench_limit.reservation (product, location, item_summary, quantity)
VALUES (:product_1, :location, :item_summary_1, :quantity_1);
INSERT INTO bench_limit.reservation (product, location, item_summary, quantity)
VALUES (:product_2, :location, :item_summary_2, :quantity_2);
INSERT INTO bench_limit.fulfillment_order (summary, location, status)
VALUES (:summary, :location, 'Allocated') RETURNING id AS fulfillment_order \gset
INSERT INTO bench_limit.fulfillment_line (fulfillment_order, item_summary, quantity)
VALUES (:fulfillment_order, :item_summary_1, :quantity_1);
INSERT INTO bench_limit.fulfillment_line (fulfillment_order, item_summary, quantity)
VALUES (:fulfillment_order, :item_summary_2, :quantity_2);
UPDATE bench_limit.item_summary SET allocated = allocated + :quantity_1 WHERE id = :item_summary_1;
UPDATE bench_limit.item_summary SET allocated = allocated + :quantity_2 WHERE id = :item_summary_2;
COMMIT;

-- 3: ship, invoice, capture.
BEGIN;
UPDATE bench_limit.fulfillment_order SET status = 'Fulfilled'
WHERE id = :fulfillment_order AND status = 'Allocated'
RETURNING id AS guard \gset
UPDATE bench_limit.position SET on_hand = on_hand - :quantity_1, reserved = reserved - :quantity_1
WHERE product = :product_1 AND location = :location
RETURNING reserved AS guard \gset
UPDATE bench_limit.position SET on_hand = on_hand - :quantity_2, reserved = reserved - :quantity_2
WHERE product = :product_2 AND location = :location
RETURNING reserved AS guard \gset
INSERT INTO bench_limit.shipment (fulfillment_order, tracking)
VALUES (:fulfillment_order, 'TRACK' || :fulfillment_order::bigint);
INSERT INTO bench_limit.invoice (summary, fulfillment_order, total)
VALUES (:summary, :fulfillment_order, :total) RETURNING id AS invoice \gset
INSERT INTO bench_limit.invoice_line (invoice, item_summary, quantity, amount)
VALUES (:invoice, :item_summary_1, :quantity_1, :total_1);
INSERT INTO bench_limit.invoice_line (invoice, item_summary, quantity, amount)
VALUES (:invoice, :item_summary_2, :quantity_2, :total_2);
UPDATE bench_limit.payment SET status = 'captured' WHERE id = :payment
RETURNING id AS guard \gset
COMMIT;
