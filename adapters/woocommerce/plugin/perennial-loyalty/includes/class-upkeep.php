<?php
/**
 * What happens in the background: settings once a day, new secrets once a month; and a refund taken back is told.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * Runs in Action Scheduler, never in a page or a checkout.
 */
final class Upkeep {

	const DAILY   = 'perennial_daily';
	const MONTHLY = 'perennial_monthly';
	const PARTING = 'perennial_parting';
	const GROUP   = 'perennial';

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		add_action( self::DAILY, array( self::class, 'refresh' ) );
		add_action( self::MONTHLY, array( self::class, 'rotate' ) );
		add_action( self::PARTING, array( Pairing::class, 'part' ) );
		add_action( 'admin_post_perennial_rotate', array( self::class, 'rotate_now' ) );
		add_filter( 'woocommerce_pre_delete_order_refund', array( self::class, 'tell_of_order' ), 10, 2 );
	}

	/**
	 * A refund is about to be deleted. WooCommerce tells nobody and leaves its order's date as it was: as it is
	 * saved, its webhook follows, and is written when the refund is gone.
	 *
	 * @param mixed            $early  What ends the deleting before it begins; not ours.
	 * @param \WC_Order_Refund $refund The refund.
	 * @return mixed
	 */
	public static function tell_of_order( $early, $refund ) {
		$order = Settings::is_paired() ? wc_get_order( $refund->get_parent_id() ) : null;
		if ( $order ) {
			$order->set_date_modified( time() );
			$order->save();
		}
		return $early;
	}

	/**
	 * From the day the shop is connected.
	 */
	public static function start(): void {
		self::stop();
		as_schedule_recurring_action( time() + DAY_IN_SECONDS, DAY_IN_SECONDS, self::DAILY, array(), self::GROUP );
		as_schedule_recurring_action( time() + MONTH_IN_SECONDS, MONTH_IN_SECONDS, self::MONTHLY, array(), self::GROUP );
	}

	/**
	 * From the day it left while the service could not be told, until it is.
	 */
	public static function part(): void {
		as_schedule_recurring_action( time() + HOUR_IN_SECONDS, HOUR_IN_SECONDS, self::PARTING, array(), self::GROUP );
	}

	/**
	 * The plugin is switched on again in a shop that is connected.
	 */
	public static function resume(): void {
		if ( Settings::is_paired() && function_exists( 'as_schedule_recurring_action' ) ) {
			self::start();
		}
	}

	/**
	 * Until it is disconnected, or the plugin is switched off: no trace stays, not of past ones either.
	 */
	public static function stop(): void {
		if ( ! function_exists( 'as_get_scheduled_actions' ) ) {
			return;
		}
		$all = array(
			'group'    => self::GROUP,
			'per_page' => -1,
		);
		foreach ( as_get_scheduled_actions( $all, 'ids' ) as $id ) {
			\ActionScheduler::store()->delete_action( $id );
		}
	}

	/**
	 * Ask what the pages are to show.
	 */
	public static function refresh(): void {
		$told = Wire::ask( 'status', Pairing::versions(), 'plugin', 15 );
		if ( ! is_wp_error( $told ) ) {
			Pairing::keep( $told );
		}
	}

	/**
	 * New secrets. Whatever answer is lost on the way, both sides still know one in common.
	 *
	 * @return bool Whether they are new.
	 */
	public static function rotate(): bool {
		$next = array(
			'plugin' => Settings::secret( 'plugin_next' ),
			'widget' => Settings::secret( 'widget_next' ),
			'key'    => Settings::secret( 'key' ),
		);
		if ( '' === $next['plugin'] ) {
			$told = Wire::ask( 'rotate', array(), 'plugin', 15 );
			if ( is_wp_error( $told ) || empty( $told['plugin'] ) || empty( $told['widget'] ) ) {
				return false;
			}
			$next = array(
				'plugin' => (string) $told['plugin'],
				'widget' => (string) $told['widget'],
				'key'    => Settings::secret( 'key' ),
			);
			Settings::put_secrets(
				array(
					'plugin'      => Settings::secret( 'plugin' ),
					'widget'      => Settings::secret( 'widget' ),
					'plugin_next' => $next['plugin'],
					'widget_next' => $next['widget'],
					'key'         => $next['key'],
				)
			);
		}
		if ( is_wp_error( Wire::ask( 'rotated', array(), 'plugin_next', 15 ) ) ) {
			return false;
		}
		Settings::put_secrets( $next );
		return true;
	}

	/**
	 * The admin wants new secrets now.
	 */
	public static function rotate_now(): void {
		Admin_Page::check( 'rotate' );
		Admin_Page::go( self::rotate() ? 'rotated' : 'not_told' );
	}
}
