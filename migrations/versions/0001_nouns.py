"""The tables of the nouns.

Revises: nothing
"""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "key": sa.Text(collation="C"),
    "text": sa.Text(),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "numeric": sa.Numeric(),
    "float": sa.Double(),
    "date": sa.Date(),
    "time": sa.Time(),
    "timestamp": sa.DateTime(timezone=True),
    "jsonb": postgresql.JSONB(),
}
_OF_EVERY_ROW = (
    "id key, isdeleted flag, createddate timestamp, createdbyid key, lastmodifieddate timestamp, "
    "lastmodifiedbyid key, systemmodstamp timestamp, custom jsonb"
)

# In the order of their declarations; `flag` is a boolean that is never null.
_TABLES = {
    "account": "name text, activitymetricid key, activitymetricrollupid key, connectionreceivedid key, connectionsentid key, dandbcompanyid key, masterrecordid key, operatinghoursid key, parentid key, personactioncadenceassigneeid key, personactioncadenceid key, personcontactid key, personindividualid key, personreportstoid key, recordtypeid key, ownerid key, type text, ispersonaccount flag, firstname text, middlename text, lastname text, salutation text, suffix text, accountnumber text, accountsource text, channelprogramlevelname text, channelprogramname text, cleanstatus text, description text, dunsnumber text, fax text, industry text, isactive flag, isbuyer flag, iscustomerportal flag, isexcludedfromrealign flag, ispartner flag, ispriorityrecord flag, jigsaw text, jigsawcompanyid text, naicscode text, naicsdesc text, namelocal text, ownership text, personactioncadencestate text, personassistantname text, personassistantphone text, persondepartment text, persondonotcall flag, personemail text, personemailbouncedreason text, personfirstnamelocal text, persongender text, persongenderidentity text, personhasoptedoutofemail flag, personhasoptedoutoffax flag, personhomephone text, personlastnamelocal text, personleadsource text, personmobilephone text, personpronouns text, persontitle text, phone text, photourl text, rating text, sic text, sicdesc text, site text, sourcesystemidentifier text, tickersymbol text, tradestyle text, website text, yearstarted text, numberofemployees integer, effectivedate timestamp, enddate timestamp, lastactivitydate date, personbirthdate date, personemailbounceddate timestamp, personlastcurequestdate timestamp, personlastcuupdatedate timestamp, personscheduledresumedatetime timestamp, sourcesystemmodifieddate timestamp, billingstreet text, billingcity text, billingstate text, billingstatecode text, billingpostalcode text, billingcountry text, billingcountrycode text, billinglatitude float, billinglongitude float, billinggeocodeaccuracy text, personmailingstreet text, personmailingcity text, personmailingstate text, personmailingstatecode text, personmailingpostalcode text, personmailingcountry text, personmailingcountrycode text, personmailinglatitude float, personmailinglongitude float, personmailinggeocodeaccuracy text, personotherphone text, personotherstreet text, personothercity text, personotherstate text, personotherstatecode text, personotherpostalcode text, personothercountry text, personothercountrycode text, personotherlatitude float, personotherlongitude float, personothergeocodeaccuracy text, shippingstreet text, shippingcity text, shippingstate text, shippingstatecode text, shippingpostalcode text, shippingcountry text, shippingcountrycode text, shippinglatitude float, shippinglongitude float, shippinggeocodeaccuracy text, currencyisocode text, annualrevenue numeric",
    "alternativepaymentmethod": "alternativepaymentmethodnumber text, accountid key, paymentgatewayid key, savedpaymentmethodid key, ownerid key, status text, processingmode text, auditemail text, bankaccountholdertype text, bankaccounttype text, bankcode text, billingfirstname text, billinglastname text, billingname text, comments text, companyname text, email text, extendedpaymentmethodtype text, gatewaytoken text, gatewaytokendetails text, ipaddress text, isautopayenabled flag, macaddress text, mandate text, nickname text, paymentmethoddetails text, paymentmethodsubtype text, paymentmethodtype text, phone text, standardentryclasscode text, paymentmethodstreet text, paymentmethodcity text, paymentmethodstate text, paymentmethodpostalcode text, paymentmethodcountry text, paymentmethodlatitude float, paymentmethodlongitude float, paymentmethodgeocodeaccuracy text",
    "associatedlocation": "associatedlocationnumber text, locationid key, parentrecordid key, type text, activefrom timestamp, activeto timestamp",
    "cardpaymentmethod": "cardpaymentmethodnumber text, accountid key, paymentgatewayid key, paymentgroupid key, paymentmethodid key, savedpaymentmethodid key, status text, type text, processingmode text, cardtype text, cardtypecategory text, cardcategory text, cardholdername text, auditemail text, autocardtype text, cardholderfirstname text, cardholderlastname text, comments text, companyname text, displaycardnumber text, email text, gatewayresultcode text, gatewayresultcodedescription text, gatewaytoken text, gatewaytokendetails text, gatewaytokenencrypted text, inputcardnumber text, ipaddress text, isautopayenabled flag, macaddress text, nickname text, paymentmethoddetails text, paymentmethodsubtype text, paymentmethodtype text, phone text, sfresultcode text, cardbin integer, cardlastfour integer, expirymonth integer, expiryyear integer, startmonth integer, startyear integer, gatewaydate timestamp, paymentmethodstreet text, paymentmethodcity text, paymentmethodstate text, paymentmethodstatecode text, paymentmethodpostalcode text, paymentmethodcountry text, paymentmethodcountrycode text, paymentmethodlatitude float, paymentmethodlongitude float, paymentmethodgeocodeaccuracy text, currencyisocode text, amount numeric",
    "contact": "name text, accountid key, actioncadenceassigneeid key, actioncadenceid key, activitymetricid key, activitymetricrollupid key, connectionreceivedid key, connectionsentid key, individualid key, masterrecordid key, reportstoid key, recordtypeid key, ownerid key, salutation text, firstname text, middlename text, lastname text, suffix text, email text, phone text, actioncadencestate text, assistantname text, assistantphone text, buyerattributes text, canallowportalselfreg flag, cleanstatus text, contactsource text, department text, departmentgroup text, description text, donotcall flag, emailbouncedreason text, engagementscoreid text, fax text, firstnamelocal text, genderidentity text, hasoptedoutofemail flag, hasoptedoutoffax flag, homephone text, isemailbounced flag, ispersonaccount flag, ispriorityrecord flag, jigsaw text, jigsawcontactid text, lastnamelocal text, leadsource text, mobilephone text, photourl text, pronouns text, title text, titletype text, activetrackercount integer, birthdate date, emailbounceddate timestamp, firstcalldatetime timestamp, firstemaildatetime timestamp, lastactivitydate date, lastcurequestdate timestamp, lastcuupdatedate timestamp, scheduledresumedatetime timestamp, mailingstreet text, mailingcity text, mailingstate text, mailingstatecode text, mailingpostalcode text, mailingcountry text, mailingcountrycode text, mailinglatitude float, mailinglongitude float, mailinggeocodeaccuracy text, otherphone text, otherstreet text, othercity text, otherstate text, otherstatecode text, otherpostalcode text, othercountry text, othercountrycode text, otherlatitude float, otherlongitude float, othergeocodeaccuracy text, currencyisocode text",
    "creditmemo": "documentnumber text, referenceentityid key, billingaccountid key, billtocontactid key, legalentityaccountingperiodid key, legalentityid key, ownerid key, status text, apptype text, category text, creationmode text, creditmemonumber text, description text, externalreference text, externalreferencedatasource text, reasoncode text, settlementlevel text, sourceaction text, taxlocaletype text, creditdate date, effectivedate date, currencyisocode text, totaltaxescapturedatheader numeric, balance numeric, netcreditsapplied numeric, totaladjustmentamount numeric, totaladjustmentamountwithtax numeric, totaladjustmenttaxamount numeric, totalamount numeric, totalamountwithtax numeric, totalchargeamount numeric, totalchargeamountwithtax numeric, totalchargetaxamount numeric, totalcreditamountapplied numeric, totalcreditamountunapplied numeric, totaltaxamount numeric",
    "creditmemoline": "name text, creditmemoid key, referenceentityitemid key, relatedlineid key, product2id key, billingaddressid key, legalentityaccountingperiodid key, legalentityid key, shipfromaddressid key, shippingaddressid key, taxtreatmentid key, status text, type text, description text, referenceentityitemtype text, referenceentityitemtypecode text, taxcode text, taxdocumentnumber text, taxname text, taxstatus text, taxtransactionnumber text, enddate date, startdate date, taxeffectivedate date, currencyisocode text, grossunitprice numeric, adjustmentamount numeric, adjustmentamountwithtax numeric, adjustmenttaxamount numeric, balance numeric, chargeamount numeric, chargeamountwithtax numeric, chargetaxamount numeric, netcreditsapplied numeric, taxamount numeric, taxrate numeric, totalamount numeric, lineamount numeric, totalamountwithtax numeric",
    "digitalwallet": "digitalwalletnumber text, accountid key, paymentgatewayid key, savedpaymentmethodid key, status text, type text, processingmode text, auditemail text, billingname text, comments text, companyname text, customer text, email text, extendedpaymentmethodtype text, gatewaytoken text, gatewaytokendetails text, gatewaytokenencrypted text, ipaddress text, isautopayenabled flag, macaddress text, nickname text, paymentmethoddetails text, paymentmethodsubtype text, paymentmethodtype text, phone text, paymentmethodstreet text, paymentmethodcity text, paymentmethodstate text, paymentmethodstatecode text, paymentmethodpostalcode text, paymentmethodcountry text, paymentmethodcountrycode text, paymentmethodlatitude float, paymentmethodlongitude float, paymentmethodgeocodeaccuracy text",
    "fulfillmentorder": "fulfillmentordernumber text, ordersummaryid key, orderid key, accountid key, fulfilledfromlocationid key, billtocontactid key, deliverymethodid key, invoiceid key, recordtypeid key, ownerid key, status text, statuscategory text, type text, typecategory text, isreship flag, issuspended flag, taxlocaletype text, processingtimeinminutes bigint, activateddate timestamp, closeddate timestamp, deliverydate timestamp, startfulfillmentdate timestamp, fulfilledtoemailaddress text, fulfilledtoname text, fulfilledtophone text, fulfilledtostreet text, fulfilledtocity text, fulfilledtostate text, fulfilledtostatecode text, fulfilledtopostalcode text, fulfilledtocountry text, fulfilledtocountrycode text, fulfilledtolatitude float, fulfilledtolongitude float, fulfilledtogeocodeaccuracy text, itemcount numeric, currencyisocode text, grandtotalamount numeric, totaladjustmentamount numeric, totaladjustmentamtwithtax numeric, totaladjustmenttaxamount numeric, totalamount numeric, totaldeliveryadjustamount numeric, totaldeliveryadjustamtwithtax numeric, totaldeliveryadjusttaxamount numeric, totaldeliveryamount numeric, totaldeliveryamtwithtax numeric, totaldeliverytaxamount numeric, totalfeeadjustamount numeric, totalfeeadjustamtwithtax numeric, totalfeeadjusttaxamount numeric, totalfeeamount numeric, totalfeeamtwithtax numeric, totalfeetaxamount numeric, totalproductamount numeric, totalproductamtwithtax numeric, totalproducttaxamount numeric, totaltaxamount numeric",
    "fulfillmentorderitemadjustment": "fulfillmentorderitemadjustmentnumber text, fulfillmentorderid key, fulfillmentorderlineitemid key, orderitemadjustlinesummaryid key, campaignname text, couponname text, description text, promotionname text, currencyisocode text, amount numeric, totalamtwithtax numeric, totaltaxamount numeric",
    "fulfillmentorderitemtax": "fulfillmentorderitemtaxnumber text, fulfillmentorderid key, fulfillmentorderlineitemid key, fulfillmentorderitemadjustid key, orderitemtaxlineitemsummaryid key, type text, description text, taxeffectivedate date, currencyisocode text, amount numeric, rate numeric",
    "fulfillmentorderlineitem": "fulfillmentorderlineitemnumber text, fulfillmentorderid key, orderitemsummaryid key, orderitemid key, product2id key, mainfulfillmentorderlineitemid key, type text, typecode text, description text, isreship flag, quantityunitofmeasure text, rejectreason text, reshipreason text, scopeidentifiertext text, enddate timestamp, servicedate timestamp, originalquantity numeric, quantity numeric, rejectedquantity numeric, currencyisocode text, unitprice numeric, grossunitprice numeric, totallineamount numeric, totaladjustmentamount numeric, totaladjustmentamountwithtax numeric, totaladjustmenttaxamount numeric, totalamount numeric, totallineamountwithtax numeric, totallinetaxamount numeric, totalprice numeric, totaltaxamount numeric",
    "invoice": "documentnumber text, referenceentityid key, billingaccountid key, billtocontactid key, invoicebatchrunid key, legalentityaccountingperiodid key, legalentityid key, paymenttermid key, savedpaymentmethodid key, sequencepolicyid key, ownerid key, status text, description text, invoicenumber text, isinvoicelocked flag, lastemaildispatchstatus text, paymentexclusionreason text, settlementlevel text, settlementstatus text, shouldexcludepayment flag, taxlocaletype text, uniqueidentifier text, writeoffstatus text, daysinvoiceopen integer, daysinvoiceoverdue integer, duedate date, fullsettlementdate date, invoicedate date, invoicelockeddatetime timestamp, posteddate date, balancevalue numeric, currencyisocode text, totaltaxescapturedatheader numeric, writeofftotalchargeamount numeric, writeofftotaltaxamount numeric, balance numeric, netcreditsapplied numeric, netpaymentsapplied numeric, totaladjustmentamount numeric, totaladjustmentamountwithtax numeric, totaladjustmenttaxamount numeric, totalamount numeric, totalamountwithtax numeric, totalchargeamount numeric, totalchargeamountwithtax numeric, totalchargetaxamount numeric, totalconvertednegamount numeric, totaltaxamount numeric",
    "invoiceline": "name text, invoiceid key, referenceentityitemid key, groupreferenceentityitemid key, relatedlineid key, product2id key, billingaddressid key, billingschedulegroupid key, billingscheduleid key, legalentityaccountingperiodid key, legalentityid key, parentinvoicelineid key, shipfromaddressid key, shippingaddressid key, taxtreatmentid key, unitofmeasureid key, type text, description text, hasmultipleitems flag, invoicestatus text, referenceentityitemtype text, referenceentityitemtypecode text, taxcode text, taxdocumentnumber text, taxname text, taxprocessingstatus text, taxtransactionnumber text, invoicelineenddate date, invoicelinestartdate date, taxeffectivedate date, quantity numeric, currencyisocode text, unitprice numeric, grossunitprice numeric, adjustmentamount numeric, adjustmenttaxamount numeric, balance numeric, chargeamount numeric, chargeconvertednegamount numeric, chargetaxamount numeric, convertednegamount numeric, taxamount numeric, taxrate numeric, adjustmentamountwithtax numeric, chargeamountwithtax numeric, lineamount numeric, netcreditsapplied numeric, netpaymentsapplied numeric",
    "location": "name text, businesshoursid key, fulfillingbusinesshoursid key, logoid key, parentlocationid key, propertyowneraccountid key, rootlocationid key, visitoraddressid key, ownerid key, status text, locationtype text, externalreference text, defaultprocessingtimeunit text, description text, distributionarea text, drivingdirections text, email text, fax text, grossfloorareauom text, haslifesupport flag, hassensitiveload flag, iseligibleforpickup flag, isinventorylocation flag, iskeyatpremises flag, ismobile flag, isoktoenter flag, issupplyguaranteed flag, meterreadinstructions text, meterreadwarning text, mobile text, phone text, primarypropertyfunction text, priority text, shouldsyncwithoci flag, shouldtrackfocapacity flag, supplyguaranteereason text, timezone text, assignedfocount integer, defaultprocessingtime integer, earliestpickuptimeoffset integer, focapacity integer, grossfloorarea integer, latestpickuptimeoffset integer, locationlevel integer, numberofoccupants integer, pickupprocessingtime integer, latitude float, longitude float, activationdate date, closedate date, constructionenddate date, constructionstartdate date, defaultpickuptime time, opendate date, possessiondate date, remodelenddate date, remodelstartdate date",
    "locationgroup": "locationgroupname text, ownerid key, description text, externalreference text, isenabled flag, shouldsyncwithoci flag",
    "locationgroupassignment": "locationgroupassignment text, locationgroupid key, locationid key, locationexternalreference text, locationgroupexternalreference text, locationgroupname text, locationname text",
    "order": "ordernumber text, accountid key, billtocontactid key, shiptocontactid key, pricebook2id key, saleschannelid key, activatedbyid key, companyauthorizedbyid key, contractid key, customerauthorizedbyid key, opportunityid key, originalorderid key, paymenttermid key, quoteid key, relatedorderid key, salesstoreid key, recordtypeid key, ownerid key, status text, statuscode text, type text, orderreferencenumber text, ordermanagementreferenceidentifier text, name text, description text, externalcustomerreference text, isreductionorder flag, ponumber text, relatedordertype text, taxlocaletype text, activateddate timestamp, companyauthorizeddate date, customerauthorizeddate date, effectivedate date, enddate date, ordereddate timestamp, podate date, billingemailaddress text, billingphonenumber text, billingstreet text, billingcity text, billingstate text, billingstatecode text, billingpostalcode text, billingcountry text, billingcountrycode text, billinglatitude float, billinglongitude float, billinggeocodeaccuracy text, shippingstreet text, shippingcity text, shippingstate text, shippingstatecode text, shippingpostalcode text, shippingcountry text, shippingcountrycode text, shippinglatitude float, shippinglongitude float, shippinggeocodeaccuracy text, currencyisocode text, grandtotalamount numeric, totaladjdeliveryamtwithtax numeric, totaladjproductamtwithtax numeric, totaladjusteddeliveryamount numeric, totaladjusteddeliverytaxamount numeric, totaladjustedproductamount numeric, totaladjustedproducttaxamount numeric, totalamount numeric, totaldeliveryadjdistamount numeric, totaldeliveryadjdistamtwithtax numeric, totaldeliveryadjdisttaxamount numeric, totalproductadjdistamount numeric, totalproductadjdistamtwithtax numeric, totalproductadjdisttaxamount numeric, totaltaxamount numeric",
    "orderadjustmentgroup": "name text, orderid key, adjustmentbasisreferenceid key, adjustmentcauseid key, relatedadjustmentgroupid key, type text, adjustmentsource text, adjustmenttype text, description text, priority integer, adjustmentvalue numeric, currencyisocode text, grandtotalamount numeric, totalamount numeric, totaltaxamount numeric",
    "orderadjustmentgroupsummary": "name text, ordersummaryid key, adjustmentbasisreferenceid key, adjustmentcauseid key, originalorderadjgroupid key, type text, description text, currencyisocode text, grandtotalamount numeric, totalamount numeric, totaltaxamount numeric",
    "orderdeliverygroup": "orderdeliverygroupnumber text, orderid key, orderdeliverymethodid key, relateddeliverygroupid key, deliveryinstructions text, description text, emailaddress text, giftmessage text, isgift flag, phonenumber text, desireddeliverydate date, promiseddeliverydate date, delivertocompanyname text, delivertofullfirstname text, delivertofulllastname text, delivertofullname text, delivertofullsalutation text, delivertoname text, delivertostreet text, delivertocity text, delivertostate text, delivertostatecode text, delivertopostalcode text, delivertocountry text, delivertocountrycode text, delivertolatitude float, delivertolongitude float, delivertogeocodeaccuracy text, currencyisocode text, grandtotalamount numeric, totaladjustmentamount numeric, totaladjustmentamtwithtax numeric, totaladjustmenttaxamount numeric, totalamount numeric, totallineamount numeric, totallineamtwithtax numeric, totallinetaxamount numeric, totaltaxamount numeric",
    "orderdeliverygroupsummary": "orderdeliverygroupsummarynumber text, ordersummaryid key, orderdeliverymethodid key, originalorderdeliverygroupid key, deliveryinstructions text, description text, emailaddress text, giftmessage text, isgift flag, phonenumber text, desireddeliverydate timestamp, promiseddeliverydate timestamp, delivertocompanyname text, delivertofullfirstname text, delivertofulllastname text, delivertofullname text, delivertofullsalutation text, delivertoname text, delivertostreet text, delivertocity text, delivertostate text, delivertostatecode text, delivertopostalcode text, delivertocountry text, delivertocountrycode text, delivertolatitude float, delivertolongitude float, delivertogeocodeaccuracy text, currencyisocode text, grandtotalamount numeric, totaladjustmentamount numeric, totaladjustmentamtwithtax numeric, totaladjustmenttaxamount numeric, totalamount numeric, totallineamount numeric, totallineamtwithtax numeric, totallinetaxamount numeric, totaltaxamount numeric",
    "orderdeliverymethod": "name text, productid key, shippingcarriermethodid key, ownerid key, carrier text, classofservice text, description text, isactive flag, referencenumber text, currencyisocode text",
    "orderitem": "orderitemnumber text, orderid key, orderdeliverygroupid key, pricebookentryid key, product2id key, orderactionid key, originalorderitemid key, pricerevisionpolicyid key, productsellingmodelid key, prorationpolicyid key, quotelineitemid key, relatedorderitemid key, taxtreatmentid key, type text, typecode text, linenumber integer, batchidentifier text, billingfrequency2 text, deliveryestimationreference text, deliveryestimationtimezone text, description text, doesautomaticallyrenew flag, isorderitemlocked flag, periodboundary text, periodboundarystartmonth text, pricingtransactiontype text, relatedchangeidentifier text, startingunitpricesource text, supplementalchangetype text, periodboundaryday integer, earliestestimateddeliverydate date, earliestestimateddeliverytime time, enddate date, enddatetime timestamp, endtime time, lastestimateddeliverydate date, lastestimateddeliverytime time, servicedate date, servicedatetime timestamp, serviceendtimezone time, servicetime time, quantity numeric, aggregatedquantity numeric, availablequantity numeric, pricingtermcount numeric, currencyisocode text, unitprice numeric, grossunitprice numeric, listprice numeric, totallineamount numeric, listpricetotal numeric, netunitprice numeric, proformabillingperiodamount numeric, referenceprice numeric, startingpricetotal numeric, adjustedlineamount numeric, adjustedlineamtwithtax numeric, roundedlineamount numeric, roundedlineamtwithtax numeric, totaladjustedlinetaxamount numeric, totaladjustmentamount numeric, totaladjustmentamtwithtax numeric, totaladjustmentdistamount numeric, totaladjustmentdistamtwithtax numeric, totaladjustmentdisttaxamount numeric, totaladjustmenttaxamount numeric, totalamtwithtax numeric, totallineadjustmentamount numeric, totallineadjustmentamtwithtax numeric, totallineadjustmenttaxamount numeric, totallinetaxamount numeric, totalprice numeric, totaltaxamount numeric",
    "orderitemadjustmentlineitem": "name text, orderid key, orderitemid key, orderadjustmentgroupid key, adjustmentbasisreferenceid key, adjustmentcauseid key, relatedadjustmentlineitemid key, type text, adjustmentamountscope text, adjustmentsource text, adjustmenttype text, couponcode text, description text, priority integer, appliedpromotiondate timestamp, adjustmentvalue numeric, currencyisocode text, amount numeric, totalamtwithtax numeric, totaltaxamount numeric",
    "orderitemadjustmentlinesummary": "name text, ordersummaryid key, orderitemsummaryid key, adjustmentbasisreferenceid key, adjustmentcauseid key, orderadjustmentgroupsummaryid key, originalorderitemadjustmentlineitemid key, description text, priority integer, currencyisocode text, amount numeric, totalamtwithtax numeric, totaltaxamount numeric",
    "orderitemsummary": "name text, ordersummaryid key, orderdeliverygroupsummaryid key, originalorderitemid key, product2id key, pricebookentryid key, assetid key, mainorderitemsummaryid key, reservedatlocationid key, taxtreatmentid key, status text, type text, typecode text, linenumber integer, productcode text, stockkeepingunit text, description text, estimateddeliveryreference text, estimateddeliverytimezone text, ordermanagementbillingtype text, earliestestimateddeliverydate date, earliestestimateddeliverytime time, enddate date, latestestimateddeliverydate date, latestestimateddeliverytime time, servicedate date, quantityordered numeric, quantityallocated numeric, quantitycanceled numeric, quantityfulfilled numeric, quantityreshipped numeric, quantityreturned numeric, quantityreturninitiated numeric, quantityshipped numeric, quantity numeric, quantityavailabletocancel numeric, quantityavailabletofulfill numeric, quantityavailabletoreship numeric, quantityavailabletoreturn numeric, quantitynetordered numeric, currencyisocode text, unitprice numeric, grossunitprice numeric, listprice numeric, referenceprice numeric, adjustedlineamount numeric, adjustedlineamtwithtax numeric, totaladjustedlinetaxamount numeric, totaladjustmentamount numeric, totaladjustmentamtwithtax numeric, totaladjustmentdistamount numeric, totaladjustmentdistamtwithtax numeric, totaladjustmentdisttaxamount numeric, totaladjustmenttaxamount numeric, totalamtwithtax numeric, totallineadjustmentamount numeric, totallineadjustmentamtwithtax numeric, totallineadjustmenttaxamount numeric, totallineamount numeric, totallineamountwithtax numeric, totallinetaxamount numeric, totalprice numeric, totaltaxamount numeric",
    "orderitemsummarychange": "orderitemsummarychangenumber text, ordersummaryid key, orderitemsummaryid key, changeorderitemid key, changetype text, reason text, reasontext text, isprefulfillment flag",
    "orderitemtaxlineitem": "name text, orderitemid key, orderid key, orderitemadjustmentlineitemid key, relatedtaxlineitemid key, type text, calculationreferencenumber text, description text, referencenumber text, taxeffectivedate date, currencyisocode text, amount numeric, rate numeric",
    "orderitemtaxlineitemsummary": "name text, ordersummaryid key, orderitemsummaryid key, orderitemadjustmentlinesummaryid key, originalorderitemtaxlineitemid key, type text, calculationreferencenumber text, description text, referencenumber text, transactionreferencenumber text, taxeffectivedate date, currencyisocode text, amount numeric, rate numeric",
    "orderpaymentsummary": "method text, ordersummaryid key, paymentmethodid key, lastpaymentgatewaylogid key, ownerid key, type text, fullname text, lastpaymentgatewaymessage text, currencyisocode text, authorizationamount numeric, authorizationreversalamount numeric, availabletocaptureamount numeric, availabletorefundamount numeric, balanceamount numeric, capturedamount numeric, paymentcreditedamount numeric, pendingauthorizationamount numeric, pendingcaptureamount numeric, pendingrefundamount numeric, pendingreverseauthamount numeric, refundedamount numeric, reservedbalancetotalamount numeric",
    "ordersummary": "ordernumber text, originalorderid key, accountid key, billtocontactid key, changeorderid key, pricebook2id key, saleschannelid key, salesstoreid key, sourceordersummaryid key, ownerid key, status text, externalreferenceidentifier text, orderlifecycletype text, sourceprocess text, businessmodel text, description text, issuspended flag, operationinprogress text, ponumber text, taxlocaletype text, activeprocessexceptioncount integer, orderproductlinecount integer, routingattempts integer, effectivedate date, ordereddate timestamp, podate timestamp, billingemailaddress text, billingphonenumber text, billingstreet text, billingcity text, billingstate text, billingstatecode text, billingpostalcode text, billingcountry text, billingcountrycode text, billinglatitude float, billinglongitude float, billinggeocodeaccuracy text, currencyisocode text, grandtotalamount numeric, totaladjdeliveryamtwithtax numeric, totaladjdistamount numeric, totaladjdistamountwithtax numeric, totaladjdisttaxamount numeric, totaladjfeeamtwithtax numeric, totaladjproductamtwithtax numeric, totaladjusteddeliveryamount numeric, totaladjusteddeliverytaxamount numeric, totaladjustedfeeamount numeric, totaladjustedfeetaxamount numeric, totaladjustedproductamount numeric, totaladjustedproducttaxamount numeric, totalamount numeric, totaldeliveryadjdistamount numeric, totaldeliveryadjdistamtwithtax numeric, totaldeliveryadjdisttaxamount numeric, totaldeliveryamount numeric, totaldeliveryamountwithtax numeric, totaldeliverytaxamount numeric, totalfeeadjdistamount numeric, totalfeeadjdistamtwithtax numeric, totalfeeadjdisttaxamount numeric, totalfeeamount numeric, totalfeeamountwithtax numeric, totalfeetaxamount numeric, totalproductadjdistamount numeric, totalproductadjdistamtwithtax numeric, totalproductadjdisttaxamount numeric, totalproductamount numeric, totalproductamountwithtax numeric, totalproducttaxamount numeric, totaltaxamount numeric",
    "organization": "name text, division text, phone text, fax text, primarycontact text, defaultlocalesidkey text, timezonesidkey text, languagelocalekey text, defaultcurrencyisocode text, receivesinfoemails flag, receivesadmininfoemails flag, organizationtype text, namespaceprefix text, instancename text, issandbox flag, isreadonly flag, fiscalyearstartmonth integer, trialexpirationdate timestamp, street text, city text, state text, statecode text, postalcode text, country text, countrycode text, latitude float, longitude float, geocodeaccuracy text",
    "payment": "paymentnumber text, paymentgroupid key, orderpaymentsummaryid key, paymentauthorizationid key, paymentmethodid key, paymentgatewayid key, accountid key, legalentityid key, paymentintentid key, status text, type text, processingmode text, cancellationgatewayrefnumber text, cancellationgatewayresultcode text, cancellationsfresultcode text, clientcontext text, comments text, corporatecurrencyisocode text, email text, gatewayrefdetails text, gatewayrefnumber text, gatewayresultcode text, gatewayresultcodedescription text, ipaddress text, macaddress text, paymentintentguid text, phone text, sfresultcode text, cancellationdate timestamp, cancellationeffectivedate timestamp, cancellationgatewaydate timestamp, corporatecurrencycvsndate date, date timestamp, effectivedate timestamp, gatewaydate timestamp, corporatecurrencycvsnrate numeric, currencyisocode text, amount numeric, impactamount numeric, balance numeric, netapplied numeric, netpaymentcreditapplied numeric, netrefundapplied numeric, totalapplied numeric, totalpaymentcreditapplied numeric, totalpaymentcreditunapplied numeric, totalrefundapplied numeric, totalrefundunapplied numeric, totalunapplied numeric",
    "paymentauthadjustment": "paymentauthadjustmentnumber text, paymentauthorizationid key, accountid key, paymentintentid key, status text, type text, comments text, email text, gatewayrefdetails text, gatewayrefnumber text, gatewayresultcode text, gatewayresultcodedescription text, ipaddress text, macaddress text, phone text, processingmode text, sfresultcode text, date timestamp, effectivedate timestamp, gatewaydate timestamp, currencyisocode text, amount numeric",
    "paymentauthorization": "paymentauthorizationnumber text, paymentgroupid key, orderpaymentsummaryid key, paymentmethodid key, paymentgatewayid key, accountid key, status text, processingmode text, comments text, email text, gatewayauthcode text, gatewayrefdetails text, gatewayrefnumber text, gatewayresultcode text, gatewayresultcodedescription text, ipaddress text, macaddress text, paymentintentguid text, phone text, sfresultcode text, date timestamp, effectivedate timestamp, expirationdate timestamp, gatewaydate timestamp, currencyisocode text, amount numeric, balance numeric, totalauthreversalamount numeric, totalpaymentcaptureamount numeric",
    "paymentgateway": "paymentgatewayname text, merchantaccountid key, merchantcredentialid key, paymentgatewayproviderid key, status text, externalreference text, comments text, defaulttaptopaylocation text, gatewaymode text, paymentprocessor text, paymentstatus text, payoutstatus text, provideraccount text",
    "paymentgatewaylog": "paymentgatewaylognumber text, orderpaymentsummaryid key, paymentgatewayid key, referencedentityid key, gatewayauthcode text, gatewayavscode text, gatewaymessage text, gatewayrefnumber text, gatewayresultcode text, gatewayresultcodedescription text, interactionstatus text, interactiontype text, isnotification text, request text, response text, retrycategory text, retrydecision text, sfrefnumber text, sfresultcode text, gatewaydate timestamp",
    "paymentgatewayprovider": "masterlabel text, apexadapterid key, comments text, developername text, fullname text, idempotencysupported text, language text, namespaceprefix text",
    "paymentgroup": "paymentgroupnumber text, sourceobjectid key, currencyisocode text",
    "paymentlineinvoice": "paymentlineinvoicenumber text, paymentid key, invoiceid key, associatedaccountid key, associatedpaymentlineid key, type text, comments text, hasbeenunapplied text, applieddate timestamp, date timestamp, effectivedate timestamp, unapplieddate timestamp, currencyisocode text, amount numeric, effectiveimpactamount numeric, impactamount numeric, paymentbalance numeric",
    "pricebook2": "name text, costbookid key, description text, isactive flag, isarchived flag, isstandard flag, validfrom timestamp, validto timestamp, currencyisocode text",
    "pricebookentry": "name text, pricebook2id key, product2id key, productsellingmodelid key, isactive flag, isarchived flag, productcode text, usestandardprice flag, activepriceadjustmentquantity integer, currencyisocode text, unitprice numeric",
    "product2": "name text, basedonid key, billingpolicyid key, connectionreceivedid key, connectionsentid key, externaldatasourceid key, taxpolicyid key, unitofmeasureid key, recordtypeid key, type text, productcode text, stockkeepingunit text, isactive flag, productclass text, canusequantityschedule flag, canuserevenueschedule flag, configureduringsale text, description text, displayurl text, externalid text, family text, helptext text, isarchived flag, isassetizable flag, isserialized flag, issoldonlywithotherprods flag, quantityinstallmentperiod text, quantityscheduletype text, quantityunitofmeasure text, recalculatetotalprice flag, revenueinstallmentperiod text, revenuescheduletype text, specificationtype text, stockcheckmethod text, transferrecordmode text, numberofquantityinstallments integer, numberofrevenueinstallments integer, availabilitydate timestamp, discontinueddate timestamp, endoflifedate timestamp, currencyisocode text",
    "refund": "refundnumber text, paymentgroupid key, orderpaymentsummaryid key, paymentid key, paymentmethodid key, paymentgatewayid key, accountid key, paymentintentid key, status text, type text, processingmode text, cancellationgatewayrefnumber text, cancellationgatewayresultcode text, cancellationsfresultcode text, clientcontext text, comments text, email text, gatewayrefnumber text, gatewayresultcode text, gatewayresultcodedescription text, ipaddress text, macaddress text, phone text, sfresultcode text, cancellationdate timestamp, cancellationeffectivedate timestamp, cancellationgatewaydate timestamp, date timestamp, effectivedate timestamp, gatewaydate timestamp, currencyisocode text, amount numeric, balance numeric, impactamount numeric, netapplied numeric, totalapplied numeric, totalunapplied numeric",
    "refundlinepayment": "refundlinepaymentnumber text, refundid key, paymentid key, associatedaccountid key, associatedrefundlinepaymentid key, type text, comments text, hasbeenunapplied text, applieddate timestamp, date timestamp, effectivedate timestamp, unapplieddate timestamp, currencyisocode text, amount numeric, effectiveimpactamount numeric, impactamount numeric, paymentbalance numeric, refundbalance numeric",
    "saleschannel": "saleschannelname text, ownerid key, type text, typecategory text, description text, externalchannelnumber text, currencyisocode text",
    "shipment": "shipmentnumber text, ordersummaryid key, fulfillmentorderid key, deliveredtoid key, deliverymethodid key, destinationlocationid key, returnorderid key, sourcelocationid key, ownerid key, status text, provider text, trackingnumber text, trackingurl text, description text, actualdeliverydate timestamp, expecteddeliverydate timestamp, shipfromstreet text, shipfromcity text, shipfromstate text, shipfromstatecode text, shipfrompostalcode text, shipfromcountry text, shipfromcountrycode text, shipfromlatitude float, shipfromlongitude float, shipfromgeocodeaccuracy text, shiptoname text, shiptostreet text, shiptocity text, shiptostate text, shiptostatecode text, shiptopostalcode text, shiptocountry text, shiptocountrycode text, shiptolatitude float, shiptolongitude float, shiptogeocodeaccuracy text, totalitemsquantity numeric",
    "shipmentitem": "shipmentitemnumber text, shipmentid key, fulfillmentorderlineitemid key, orderitemsummaryid key, product2id key, returnorderlineitemid key, description text, trackingnumber text, trackingurl text, expecteddeliverydate timestamp, quantity numeric",
    "user": "name text, accountid key, contactid key, managerid key, profileid key, userroleid key, username text, firstname text, middlename text, lastname text, suffix text, alias text, communitynickname text, email text, isactive flag, usertype text, aboutme text, companyname text, defaultcurrencyisocode text, department text, emailencodingkey text, employeenumber text, federationidentifier text, fullphotourl text, isportalenabled flag, isprmsuperuser flag, languagelocalekey text, localesidkey text, mobilephone text, phone text, receivesadmininfoemails flag, receivesinfoemails flag, smallphotourl text, timezonesidkey text, title text, userpreferencesactivityreminderspopup flag, lastlogindate timestamp, lastpasswordchangedate timestamp, street text, city text, state text, statecode text, postalcode text, country text, countrycode text, latitude float, longitude float, geocodeaccuracy text",
}

# Rows of these change many times: pages keep room for the next version.
_BUSY = frozenset(
    ["fulfillmentorder", "fulfillmentorderlineitem", "invoice", "orderadjustmentgroupsummary", "orderdeliverygroupsummary", "orderitemadjustmentlinesummary", "orderitemsummary", "orderitemtaxlineitemsummary", "orderpaymentsummary", "ordersummary", "payment", "paymentauthorization", "refund"]
)

# column, and the table it refers to
_REFERENCES = {
    "cardpaymentmethod": "paymentgroupid paymentgroup",
    "creditmemoline": "creditmemoid creditmemo, relatedlineid creditmemoline",
    "fulfillmentorder": "ordersummaryid ordersummary, orderid order, invoiceid invoice",
    "fulfillmentorderitemadjustment": "fulfillmentorderid fulfillmentorder, fulfillmentorderlineitemid fulfillmentorderlineitem, orderitemadjustlinesummaryid orderitemadjustmentlinesummary",
    "fulfillmentorderitemtax": "fulfillmentorderid fulfillmentorder, fulfillmentorderlineitemid fulfillmentorderlineitem, fulfillmentorderitemadjustid fulfillmentorderitemadjustment, orderitemtaxlineitemsummaryid orderitemtaxlineitemsummary",
    "fulfillmentorderlineitem": "fulfillmentorderid fulfillmentorder, orderitemsummaryid orderitemsummary, orderitemid orderitem, mainfulfillmentorderlineitemid fulfillmentorderlineitem",
    "invoiceline": "invoiceid invoice, relatedlineid invoiceline, parentinvoicelineid invoiceline",
    "order": "originalorderid order, relatedorderid order",
    "orderadjustmentgroup": "orderid order, relatedadjustmentgroupid orderadjustmentgroup",
    "orderadjustmentgroupsummary": "ordersummaryid ordersummary, originalorderadjgroupid orderadjustmentgroup",
    "orderdeliverygroup": "orderid order, relateddeliverygroupid orderdeliverygroup",
    "orderdeliverygroupsummary": "ordersummaryid ordersummary, originalorderdeliverygroupid orderdeliverygroup",
    "orderitem": "orderid order, orderdeliverygroupid orderdeliverygroup, originalorderitemid orderitem, relatedorderitemid orderitem",
    "orderitemadjustmentlineitem": "orderid order, orderitemid orderitem, orderadjustmentgroupid orderadjustmentgroup, relatedadjustmentlineitemid orderitemadjustmentlineitem",
    "orderitemadjustmentlinesummary": "ordersummaryid ordersummary, orderitemsummaryid orderitemsummary, orderadjustmentgroupsummaryid orderadjustmentgroupsummary, originalorderitemadjustmentlineitemid orderitemadjustmentlineitem",
    "orderitemsummary": "ordersummaryid ordersummary, orderdeliverygroupsummaryid orderdeliverygroupsummary, originalorderitemid orderitem, mainorderitemsummaryid orderitemsummary",
    "orderitemsummarychange": "ordersummaryid ordersummary, orderitemsummaryid orderitemsummary, changeorderitemid orderitem",
    "orderitemtaxlineitem": "orderitemid orderitem, orderid order, orderitemadjustmentlineitemid orderitemadjustmentlineitem, relatedtaxlineitemid orderitemtaxlineitem",
    "orderitemtaxlineitemsummary": "ordersummaryid ordersummary, orderitemsummaryid orderitemsummary, orderitemadjustmentlinesummaryid orderitemadjustmentlinesummary, originalorderitemtaxlineitemid orderitemtaxlineitem",
    "orderpaymentsummary": "ordersummaryid ordersummary, lastpaymentgatewaylogid paymentgatewaylog",
    "ordersummary": "originalorderid order, changeorderid order, sourceordersummaryid ordersummary",
    "payment": "paymentgroupid paymentgroup, orderpaymentsummaryid orderpaymentsummary, paymentauthorizationid paymentauthorization",
    "paymentauthadjustment": "paymentauthorizationid paymentauthorization",
    "paymentauthorization": "paymentgroupid paymentgroup, orderpaymentsummaryid orderpaymentsummary",
    "paymentgatewaylog": "orderpaymentsummaryid orderpaymentsummary",
    "paymentgroup": "sourceobjectid order",
    "paymentlineinvoice": "paymentid payment, invoiceid invoice, associatedpaymentlineid paymentlineinvoice",
    "refund": "paymentgroupid paymentgroup, orderpaymentsummaryid orderpaymentsummary, paymentid payment",
    "refundlinepayment": "refundid refund, paymentid payment, associatedrefundlinepaymentid refundlinepayment",
    "shipment": "ordersummaryid ordersummary, fulfillmentorderid fulfillmentorder",
    "shipmentitem": "shipmentid shipment, fulfillmentorderlineitemid fulfillmentorderlineitem, orderitemsummaryid orderitemsummary",
}

_KEY_INDEXES = {
    "account": "parentid",
    "associatedlocation": "locationid parentrecordid",
    "cardpaymentmethod": "accountid",
    "contact": "accountid",
    "creditmemo": "referenceentityid billingaccountid billtocontactid",
    "creditmemoline": "creditmemoid referenceentityitemid relatedlineid",
    "digitalwallet": "accountid",
    "fulfillmentorder": "ordersummaryid orderid accountid fulfilledfromlocationid billtocontactid invoiceid",
    "fulfillmentorderitemadjustment": "fulfillmentorderid fulfillmentorderlineitemid orderitemadjustlinesummaryid",
    "fulfillmentorderitemtax": "fulfillmentorderid fulfillmentorderlineitemid fulfillmentorderitemadjustid orderitemtaxlineitemsummaryid",
    "fulfillmentorderlineitem": "fulfillmentorderid orderitemsummaryid",
    "invoice": "referenceentityid billingaccountid billtocontactid",
    "invoiceline": "invoiceid referenceentityitemid relatedlineid",
    "location": "parentlocationid",
    "locationgroupassignment": "locationgroupid locationid",
    "order": "accountid originalorderid relatedorderid",
    "orderadjustmentgroup": "orderid relatedadjustmentgroupid",
    "orderadjustmentgroupsummary": "ordersummaryid originalorderadjgroupid",
    "orderdeliverygroup": "orderid relateddeliverygroupid",
    "orderdeliverygroupsummary": "ordersummaryid originalorderdeliverygroupid",
    "orderdeliverymethod": "productid",
    "orderitem": "orderid originalorderitemid relatedorderitemid",
    "orderitemadjustmentlineitem": "orderid orderitemid orderadjustmentgroupid relatedadjustmentlineitemid",
    "orderitemadjustmentlinesummary": "ordersummaryid orderitemsummaryid orderadjustmentgroupsummaryid originalorderitemadjustmentlineitemid",
    "orderitemsummary": "ordersummaryid orderdeliverygroupsummaryid originalorderitemid",
    "orderitemsummarychange": "ordersummaryid orderitemsummaryid changeorderitemid",
    "orderitemtaxlineitem": "orderitemid orderid orderitemadjustmentlineitemid relatedtaxlineitemid",
    "orderitemtaxlineitemsummary": "ordersummaryid orderitemsummaryid orderitemadjustmentlinesummaryid originalorderitemtaxlineitemid",
    "orderpaymentsummary": "ordersummaryid paymentmethodid lastpaymentgatewaylogid",
    "ordersummary": "originalorderid accountid billtocontactid changeorderid",
    "payment": "paymentgroupid orderpaymentsummaryid paymentauthorizationid paymentmethodid",
    "paymentauthadjustment": "paymentauthorizationid",
    "paymentauthorization": "paymentgroupid orderpaymentsummaryid paymentmethodid",
    "paymentgateway": "paymentgatewayproviderid",
    "paymentgatewaylog": "orderpaymentsummaryid referencedentityid",
    "paymentgroup": "sourceobjectid",
    "paymentlineinvoice": "paymentid invoiceid associatedpaymentlineid",
    "pricebookentry": "pricebook2id product2id",
    "refund": "paymentgroupid orderpaymentsummaryid paymentmethodid",
    "refundlinepayment": "refundid paymentid associatedrefundlinepaymentid",
    "shipment": "ordersummaryid fulfillmentorderid deliveredtoid destinationlocationid sourcelocationid",
    "shipmentitem": "shipmentid",
    "user": "accountid contactid managerid",
}

# found whatever their case
_TEXT_INDEXES = {
    "account": "name personemail",
    "contact": "name email",
    "location": "name externalreference",
    "locationgroup": "externalreference",
    "order": "ordernumber orderreferencenumber",
    "ordersummary": "ordernumber",
    "product2": "name productcode stockkeepingunit",
    "saleschannel": "saleschannelname",
    "user": "email",
}

# table, column, and whether case tells values apart
_UNIQUE = (
    ("ordersummary", "externalreferenceidentifier", True),
    ("paymentgateway", "externalreference", False),
    ("user", "username", False),
    ("user", "federationidentifier", True),
)

_UNIQUE_TOGETHER = (
    ("locationgroupassignment", "locationgroupid locationid"),
    ("pricebookentry", "pricebook2id product2id currencyisocode"),
)

_PAYMENT_METHOD = """
CREATE VIEW "paymentmethod" AS
SELECT id, isdeleted, createddate, createdbyid, lastmodifieddate, lastmodifiedbyid, systemmodstamp, custom,
  cardpaymentmethodnumber AS name, accountid, savedpaymentmethodid, status, comments, companyname,
  'CardPaymentMethod'::text AS implementortype, isautopayenabled, nickname, paymentmethoddetails,
  paymentmethodsubtype, paymentmethodtype, paymentmethodstreet, paymentmethodcity, paymentmethodstate,
  paymentmethodstatecode, paymentmethodpostalcode, paymentmethodcountry, paymentmethodcountrycode,
  paymentmethodlatitude, paymentmethodlongitude, paymentmethodgeocodeaccuracy
FROM "cardpaymentmethod"
UNION ALL
SELECT id, isdeleted, createddate, createdbyid, lastmodifieddate, lastmodifiedbyid, systemmodstamp, custom,
  digitalwalletnumber AS name, accountid, savedpaymentmethodid, status, comments, companyname,
  'DigitalWallet'::text AS implementortype, isautopayenabled, nickname, paymentmethoddetails,
  paymentmethodsubtype, paymentmethodtype, paymentmethodstreet, paymentmethodcity, paymentmethodstate,
  paymentmethodstatecode, paymentmethodpostalcode, paymentmethodcountry, paymentmethodcountrycode,
  paymentmethodlatitude, paymentmethodlongitude, paymentmethodgeocodeaccuracy
FROM "digitalwallet"
UNION ALL
SELECT id, isdeleted, createddate, createdbyid, lastmodifieddate, lastmodifiedbyid, systemmodstamp, custom,
  alternativepaymentmethodnumber AS name, accountid, savedpaymentmethodid, status, comments, companyname,
  'AlternativePaymentMethod'::text AS implementortype, isautopayenabled, nickname, paymentmethoddetails,
  paymentmethodsubtype, paymentmethodtype, paymentmethodstreet, paymentmethodcity, paymentmethodstate,
  NULL::text AS paymentmethodstatecode, paymentmethodpostalcode, paymentmethodcountry, NULL::text AS
  paymentmethodcountrycode, paymentmethodlatitude, paymentmethodlongitude, paymentmethodgeocodeaccuracy
FROM "alternativepaymentmethod"
"""


# The tables are wide: a full sample of each, time and again while they grow, costs more than it tells.
_SMALL_SAMPLES = """
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET default_statistics_target = 25', current_database());
END $$
"""


def upgrade() -> None:
    op.execute(_SMALL_SAMPLES)
    for table, columns in _TABLES.items():
        options: dict[str, Any] = {"postgresql_with": {"fillfactor": "80"}} if table in _BUSY else {}
        op.create_table(
            table,
            *(_column(column) for column in f"{_OF_EVERY_ROW}, {columns}".split(", ")),
            sa.PrimaryKeyConstraint("id", name=f"{table}_pkey"),
            **options,
        )
    _add_indexes()
    _add_references()
    op.execute(_PAYMENT_METHOD)


def downgrade() -> None:
    op.execute("DROP VIEW paymentmethod")
    for table, references in _REFERENCES.items():
        for reference in references.split(", "):
            op.drop_constraint(_name(table, reference.split()[0], "fkey"), table, type_="foreignkey")
    for table in reversed(_TABLES):
        op.drop_table(table)


def _column(words: str) -> sa.Column[Any]:
    name, kind = words.split()
    if kind == "flag":
        return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
    return sa.Column(name, _TYPES[kind], nullable=name != "id")


def _add_indexes() -> None:
    """Each leaves the rows out that have no value: a key that is usually null costs an insert nothing."""
    for table, columns in _KEY_INDEXES.items():
        for column in columns.split():
            _add_index(table, column, column)
    for table, columns in _TEXT_INDEXES.items():
        for column in columns.split():
            _add_index(table, column, f"lower({column})")
    for table, column, case_sensitive in _UNIQUE:
        _add_index(table, column, column if case_sensitive else f"lower({column})", unique=True)
    for table, columns in _UNIQUE_TOGETHER:
        op.create_index(
            _name(table, columns.replace(" ", "_"), "key"),
            table,
            columns.split(),
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sa.text("NOT isdeleted"),
        )


def _add_index(table: str, column: str, key: str, *, unique: bool = False) -> None:
    op.create_index(
        _name(table, column, "key" if unique else "idx"),
        table,
        [sa.text(key)],
        unique=unique,
        postgresql_where=sa.text(f"{column} IS NOT NULL"),
    )


def _add_references() -> None:
    """After all tables, since some refer to each other."""
    for table, references in _REFERENCES.items():
        for reference in references.split(", "):
            column, target = reference.split()
            op.create_foreign_key(
                _name(table, column, "fkey"),
                table,
                target,
                [column],
                ["id"],
                deferrable=True,
                initially="IMMEDIATE",
            )


def _name(table: str, column: str, kind: str) -> str:
    name = f"{table}_{column}_{kind}"
    if len(name) <= 63:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: 53 - len(kind)]}_{digest}_{kind}"
