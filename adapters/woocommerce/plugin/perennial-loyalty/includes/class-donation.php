<?php
/**
 * A gift with the order: one engine for every cart and checkout.
 *
 * The shopper's choice lies in WooCommerce's session, and its money is a fee that is computed anew with
 * every total, from what the service told of the shop's causes. No amount a browser names is believed.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

use WC_Cart;
use WP_Error;

defined( 'ABSPATH' ) || exit;

/**
 * Amounts are whole numbers of the currency's smallest unit.
 */
final class Donation {

	const FEE     = 'perennial-donation';
	const META    = '_perennial_donation'; // On the fee's item and on the order: the cause's mark.
	const CHOICE  = 'perennial_donation'; // In the session.
	const NONE    = '0';
	const NO      = 'perennial_no_gift'; // A cookie: this browser said no, and is not asked for a while.
	const NO_DAYS = 90;

	/**
	 * Amounts as they are written, by currency, language and amount: a page writes the same ones often.
	 *
	 * @var string[]
	 */
	private static $written = array();

	/**
	 * Take part in what WooCommerce does.
	 */
	public static function hook(): void {
		if ( ! Gift_Offer::is_there() ) {
			return;
		}
		add_action( 'woocommerce_cart_calculate_fees', array( self::class, 'add_fee' ), 1000 );
		add_action( 'woocommerce_checkout_create_order_fee_item', array( self::class, 'mark' ), 10, 4 );
		add_action( 'woocommerce_cart_emptied', array( self::class, 'forget' ) );
		Gift_Form::hook();
		Gift_Blocks::hook();
	}

	/**
	 * Take what a shopper says; what is not offered changes nothing.
	 *
	 * @param mixed  $gift     round_up, an amount in smallest units, own for the one written, or 0 for none.
	 * @param mixed  $cause    The cause's key.
	 * @param mixed  $currency What the amount is in.
	 * @param string $by       Which form said so.
	 * @param mixed  $written  An amount of the shopper's own, as they wrote it.
	 * @return true|WP_Error
	 */
	public static function choose( $gift, $cause, $currency, string $by, $written = '' ) {
		$gift = is_int( $gift ) ? (string) $gift : $gift;
		if ( self::NONE === $gift || '' === $gift ) {
			self::forget();
			return true;
		}
		$offer = Gift_Offer::now();
		$gift  = $offer && Gift_Offer::OWN === $gift ? Gift_Offer::written( $offer, $written ) : $gift;
		$code  = self::problem( $offer, $gift, $cause, $currency );
		if ( '' !== $code ) {
			return self::refusal( $code );
		}
		WC()->session->set(
			self::CHOICE,
			array(
				'gift'  => $gift,
				'cause' => $cause,
				'mark'  => Gift_Offer::cause( $offer, $cause )['ways'][ Gift_Offer::way( $gift ) ],
				'by'    => $by,
			)
		);
		return true;
	}

	/**
	 * Why a gift cannot be, as a stable code; empty where it can.
	 *
	 * @param array|null $offer    What may be given.
	 * @param mixed      $gift     round_up, or an amount in smallest units.
	 * @param mixed      $cause    The cause's key.
	 * @param mixed      $currency What the amount is in.
	 */
	private static function problem( ?array $offer, $gift, $cause, $currency ): string {
		if ( null === $offer ) {
			return 'donation_off';
		}
		if ( $offer['currency'] !== $currency ) {
			return 'donation_currency';
		}
		$named = Gift_Offer::cause( $offer, $cause );
		if ( null === $named ) {
			return 'donation_cause';
		}
		if ( ! Gift_Offer::has( $offer, $gift ) ) {
			return 'donation_amount';
		}
		if ( ! isset( $named['ways'][ Gift_Offer::way( $gift ) ] ) ) {
			return 'donation_cause';
		}
		$is_new = Gift_Offer::ROUND_UP === $gift && Gift_Offer::ROUND_UP !== ( self::chosen()['gift'] ?? '' );
		return $is_new && self::is_whole( $offer ) ? 'donation_whole' : '';
	}

	/**
	 * What the shopper chose, if it is offered still and by the programme that asked.
	 *
	 * @return array|null gift, cause, mark, by.
	 */
	public static function chosen(): ?array {
		$chosen = WC()->session ? WC()->session->get( self::CHOICE ) : null;
		$offer  = is_array( $chosen ) ? Gift_Offer::now() : null;
		if ( null === $offer || ! Gift_Offer::has( $offer, $chosen['gift'] ) ) {
			return null;
		}
		$cause = Gift_Offer::cause( $offer, $chosen['cause'] );
		$mark  = $cause['ways'][ Gift_Offer::way( $chosen['gift'] ) ] ?? '';
		return '' !== $mark && ( $chosen['mark'] ?? '' ) === $mark ? $chosen : null;
	}

	/**
	 * Nothing is given.
	 */
	public static function forget(): void {
		if ( WC()->session ) {
			WC()->session->set( self::CHOICE, null );
		}
	}

	/**
	 * Add what was chosen to the cart that is being totalled.
	 *
	 * @param WC_Cart $cart The cart.
	 */
	public static function add_fee( WC_Cart $cart ): void {
		$chosen = self::chosen();
		if ( null === $chosen ) {
			return;
		}
		$offer = Gift_Offer::now();
		$minor = Gift_Offer::ROUND_UP === $chosen['gift'] ? self::gap( $offer, self::before( $cart, $offer ) ) : (int) $chosen['gift'];
		if ( $minor > 0 ) {
			$cart->fees_api()->add_fee(
				array(
					'id'      => self::FEE,
					/* translators: %s: name of a cause, such as a charity. */
					'name'    => sprintf( __( 'Gift to %s', 'perennial-loyalty' ), Gift_Offer::cause( $offer, $chosen['cause'] )['name'] ),
					'amount'  => $minor / 10 ** $offer['exponent'],
					'taxable' => false,
				)
			);
		}
	}

	/**
	 * An order's line says to whom it goes.
	 *
	 * @param \WC_Order_Item_Fee $item  The line.
	 * @param string             $key   The fee's.
	 * @param object             $fee   The cart's fee.
	 * @param \WC_Order          $order The order.
	 */
	public static function mark( $item, $key, $fee, $order ): void {
		$chosen = self::FEE === $fee->id ? self::chosen() : null;
		if ( null !== $chosen ) {
			$item->set_tax_status( 'none' ); // An order that is totalled anew must not tax it either.
			$item->update_meta_data( self::META, $chosen['mark'] );
			$order->update_meta_data( self::META, $chosen['mark'] );
		} elseif ( $order->get_meta( self::META ) ) {
			$order->delete_meta_data( self::META );
		}
	}

	/**
	 * Whether this browser said no a while ago and has nothing chosen since.
	 */
	public static function is_declined(): bool {
		return isset( $_COOKIE[ self::NO ] ) && null === self::chosen();
	}

	/**
	 * What can be chosen now, as it is shown: values, ways, words and money. Empty where that is nothing.
	 *
	 * @return array[] value, way, text, money.
	 */
	public static function options(): array {
		$offer   = Gift_Offer::now();
		$chosen  = self::chosen();
		$total   = self::total( $offer );
		$gap     = self::gap( $offer, $total );
		$options = array();
		if ( $gap > 0 || ( $chosen && Gift_Offer::ROUND_UP === $chosen['gift'] ) ) {
			/* translators: %s: an amount of money, such as $48.00. */
			$text      = $gap > 0 ? sprintf( __( 'Round up to %s', 'perennial-loyalty' ), self::money( $offer, $total + $gap ) ) : __( 'Round up', 'perennial-loyalty' );
			$options[] = self::option( Gift_Offer::ROUND_UP, $text, $gap > 0 ? self::money( $offer, $gap ) : '' );
		}
		foreach ( $offer['amounts_minor'] as $minor ) {
			$options[] = self::option( (string) $minor, __( 'Give', 'perennial-loyalty' ), self::money( $offer, $minor ) );
		}
		if ( Gift_Offer::has_own( $offer ) ) {
			$options[] = self::option( Gift_Offer::OWN, __( 'Another amount', 'perennial-loyalty' ), '' );
		}
		if ( $options ) {
			$options[] = self::option( self::NONE, __( 'Not this time', 'perennial-loyalty' ), '' );
		}
		return $options;
	}

	/**
	 * One thing that can be chosen.
	 *
	 * @param string $value What a form sends.
	 * @param string $text  What it says.
	 * @param string $money The amount beside it.
	 * @return array
	 */
	private static function option( string $value, string $text, string $money ): array {
		return array(
			'value' => $value,
			'way'   => self::NONE === $value ? '' : Gift_Offer::way( $value ),
			'text'  => $text,
			'money' => $money,
		);
	}

	/**
	 * Which of the options is chosen, and the amount that was written where it is the shopper's own.
	 *
	 * @return string[] The option's value or an empty string, and the amount as a form shows it.
	 */
	public static function held(): array {
		$offer  = Gift_Offer::now();
		$chosen = self::chosen();
		$gift   = $chosen ? $chosen['gift'] : '';
		if ( '' === $gift || Gift_Offer::ROUND_UP === $gift || in_array( (int) $gift, array_map( 'intval', $offer['amounts_minor'] ), true ) ) {
			return array( $gift, '' );
		}
		$places = (int) $offer['exponent'];
		return array( Gift_Offer::OWN, number_format( $gift / 10 ** $places, $places, wc_get_price_decimal_separator(), '' ) );
	}

	/**
	 * How it stands, in a sentence.
	 */
	public static function said(): string {
		$offer  = Gift_Offer::now();
		$chosen = self::chosen();
		if ( null === $chosen ) {
			return __( 'Nothing is added unless you choose.', 'perennial-loyalty' );
		}
		if ( Gift_Offer::ROUND_UP === $chosen['gift'] && self::is_whole( $offer ) ) {
			return __( 'Your total is a whole amount now, so nothing is added. It is rounded up when it is not.', 'perennial-loyalty' );
		}
		/* translators: %s: name of a cause. */
		return sprintf( __( 'Your gift to %s is in the total.', 'perennial-loyalty' ), Gift_Offer::cause( $offer, $chosen['cause'] )['name'] );
	}

	/**
	 * The question.
	 */
	public static function question(): string {
		$causes = Gift_Offer::now()['causes'];
		if ( 1 < count( $causes ) ) {
			return __( 'Add a little for a good cause?', 'perennial-loyalty' );
		}
		/* translators: %s: name of a cause. */
		return sprintf( __( 'Add a little for %s?', 'perennial-loyalty' ), $causes[0]['name'] );
	}

	/**
	 * Which amounts of their own shoppers may give; empty where none.
	 */
	public static function bounds(): string {
		$offer = Gift_Offer::now();
		if ( ! $offer || ! Gift_Offer::has_own( $offer ) ) {
			return '';
		}
		$least = self::money( $offer, max( 1, $offer['least_minor'] ) );
		/* translators: 1: the smallest amount that can be given, 2: the largest. */
		return sprintf( __( 'An amount from %1$s to %2$s.', 'perennial-loyalty' ), $least, self::money( $offer, $offer['most_minor'] ) );
	}

	/**
	 * A sentence for a refusal's code.
	 *
	 * @param string $code The code.
	 */
	public static function refusal( string $code ): WP_Error {
		$words  = array(
			'donation_off'      => __( 'Gifts are not open at the moment. Nothing was added.', 'perennial-loyalty' ),
			'donation_currency' => __( 'A gift in this currency is not offered. Nothing was added.', 'perennial-loyalty' ),
			'donation_cause'    => __( 'This gift is not offered for this cause. Choose again.', 'perennial-loyalty' ),
			'donation_amount'   => __( 'This gift is not offered. Choose again.', 'perennial-loyalty' ),
			'donation_whole'    => __( 'Your total is a whole amount already. Nothing was added.', 'perennial-loyalty' ),
		);
		$bounds = 'donation_amount' === $code ? self::bounds() : '';
		return new WP_Error( $code, trim( "{$words[ $code ]} $bounds" ) );
	}

	/**
	 * What is missing to the next whole amount.
	 *
	 * @param array $offer What may be given.
	 * @param int   $total A total without gift.
	 */
	private static function gap( array $offer, int $total ): int {
		$unit = (int) $offer['round_up_to_minor'];
		return 0 < $total && 1 < $unit ? ( $unit - $total % $unit ) % $unit : 0;
	}

	/**
	 * Whether there is a total, and nothing of it to round up.
	 *
	 * @param array $offer What may be given.
	 */
	private static function is_whole( array $offer ): bool {
		$total = WC()->cart ? self::total( $offer ) : 0;
		return 0 < $total && 0 === self::gap( $offer, $total );
	}

	/**
	 * The total so far, while a cart is being totalled: goods, delivery, other fees, and their tax.
	 *
	 * @param WC_Cart $cart  The cart.
	 * @param array   $offer What may be given.
	 */
	private static function before( WC_Cart $cart, array $offer ): int {
		$total = (float) $cart->get_cart_contents_total() + (float) $cart->get_cart_contents_tax()
			+ (float) $cart->get_shipping_total() + (float) $cart->get_shipping_tax();
		foreach ( $cart->fees_api()->get_fees() as $fee ) {
			$total += (float) $fee->amount;
			if ( $fee->taxable && wc_tax_enabled() && ! $cart->get_customer()->get_is_vat_exempt() ) {
				$total += array_sum( \WC_Tax::calc_tax( $fee->amount, \WC_Tax::get_rates( $fee->tax_class, $cart->get_customer() ), false ) );
			}
		}
		return self::minor( $total, $offer );
	}

	/**
	 * The cart's total without our gift.
	 *
	 * @param array $offer What may be given.
	 */
	private static function total( array $offer ): int {
		$total = (float) WC()->cart->get_total( 'edit' );
		foreach ( WC()->cart->get_fees() as $fee ) {
			$total -= self::FEE === $fee->id ? (float) $fee->amount : 0;
		}
		return self::minor( $total, $offer );
	}

	/**
	 * WooCommerce's money as a whole number.
	 *
	 * @param float $amount In whole units.
	 * @param array $offer  What may be given.
	 */
	private static function minor( float $amount, array $offer ): int {
		return (int) round( wc_format_decimal( $amount, wc_get_price_decimals() ) * 10 ** $offer['exponent'] );
	}

	/**
	 * Money as this shop writes it, without markup.
	 *
	 * @param array $offer What may be given.
	 * @param int   $minor The amount.
	 */
	public static function money( array $offer, int $minor ): string {
		$about = "{$offer['currency']} $minor " . determine_locale();
		if ( ! isset( self::$written[ $about ] ) ) {
			$price = wc_price( $minor / 10 ** $offer['exponent'], array( 'in_span' => false ) );

			self::$written[ $about ] = self::in_order( html_entity_decode( wp_strip_all_tags( $price ), ENT_QUOTES, 'UTF-8' ) );
		}
		return self::$written[ $about ];
	}

	/**
	 * A figure with its sign, kept in its order inside Arabic text.
	 *
	 * @param string $figure Any.
	 */
	public static function in_order( string $figure ): string {
		return is_rtl() ? "\u{2066}$figure\u{2069}" : $figure;
	}
}
