select count() from events;
select properties.customer_id as customer, count() as n from events group by customer order by n desc, customer limit 5;
