package Lemonldap::NG::Portal::Plugins::FirstPassword;

# A newcomer sets the first own password with the code of a letter, once. The letter is made
# elsewhere (kootwijk people letters); what is here of it is a hash, whose it is by the entry's UUID,
# and until when it is good: the table first_links. The code comes in the body of a POST; a link has
# it behind the #, which no browser sends. Written for what the portal offers plugins:
# https://lemonldap-ng.org/documentation/2.0/plugincustom
use strict;
use warnings;
use DBI;
use Digest::SHA qw(sha256_hex);
use Lemonldap::NG::Portal::Main::Constants qw(
  PE_PASSWORD_MISMATCH PE_PASSWORD_OK PE_PP_PASSWORD_TOO_SHORT
);
use Mouse;
use Net::LDAP::Util qw(escape_filter_value);

extends qw(
  Lemonldap::NG::Portal::Main::Plugin
  Lemonldap::NG::Portal::Lib::LDAP
);

my $LOCKED  = '000001010000Z';    # by an administrator; a lockout has the time when it began
my $SECONDS = 1200;               # to think of a password
# What the password policy may say of a password, with words of its own on the page.
my %REFUSAL = map { $_ => 1 } 26, 28 .. 31, 34, 100, 101, 111;

has forms => (
    is      => 'ro',
    lazy    => 1,
    default => sub {
        my $made = $_[0]->p->loadModule('Lemonldap::NG::Portal::Lib::OneTimeToken');
        $made->timeout($SECONDS);
        return $made;
    }
);

sub init {
    my ($self) = @_;
    $self->addUnauthRoute( welcome => 'ask', ['GET'] )
      ->addUnauthRoute( welcome => 'take', ['POST'] )
      ->addAuthRoute( welcome => 'arrived', [ 'GET', 'POST' ] );
    return 1;
}

sub ask {
    my ( $self, $req ) = @_;
    return $self->page( $req, ASK => 1 );
}

# Who has a session has a password: the letter was for this person, or the computer is another's.
# Names are in UTF-8 as the directory sends them. A session's value is those octets too, though Perl,
# which had it from JSON, marks it as characters: encoded again it would be unreadable.
sub arrived {
    my ( $self, $req ) = @_;
    return $self->page( $req, ARRIVED => 1, NAME => $req->userData->{cn} );
}

# What the page's forms send: the code of a letter first, then the password.
sub take {
    my ( $self, $req ) = @_;
    my $db = $self->database or return $self->unavailable($req);
    return $self->choose( $req, $db ) if $req->param('token');
    my $code = lc( $req->param('code') // '' );
    $code =~ s/[^0-9a-z]//g;
    return $self->form( $req, $db, sha256_hex($code) );
}

sub form {
    my ( $self, $req, $db, $hash, $refused ) = @_;
    my ($uuid) = $db->selectrow_array(
        'SELECT entry FROM first_links WHERE hash = ? AND until > ?', undef, $hash, time );
    my ( $person, $why ) = $self->person($uuid);
    return $self->unavailable($req) if $why eq 'silent';
    return $self->refuse( $req, $why ) unless $person;
    return $self->page(
        $req,
        CHOOSE  => 1,
        REFUSED => $refused,
        NAME    => $person->get_value('cn'),
        LOGIN   => $person->get_value('uid'),
        TOKEN   => $self->forms->createToken( { first_link => $hash } ),
    );
}

# The link is gone with the password, or with neither of both; a second click waits for the first.
sub choose {
    my ( $self, $req, $db ) = @_;
    my $kept = $self->forms->getToken( $req->param('token') );
    my $hash = $kept && $kept->{first_link} or return $self->page( $req, ASK => 1, AGAIN => 1 );
    my ( $new, $again ) = map { $req->param($_) // '' } qw(newpassword confirmpassword);
    return $self->form( $req, $db, $hash, PE_PASSWORD_MISMATCH ) if $new ne $again;
    return $self->form( $req, $db, $hash, PE_PP_PASSWORD_TOO_SHORT ) if $new eq '';

    $db->begin_work;
    my ($uuid) = $db->selectrow_array(
        'DELETE FROM first_links WHERE hash = ? AND until > ? RETURNING entry', undef, $hash, time );
    my ( $person, $why ) = $self->person($uuid);
    my $done = $person ? $self->set( $req, $person, $new ) : 0;
    $done == PE_PASSWORD_OK ? $db->commit : $db->rollback;

    return $self->unavailable($req) if $why eq 'silent';
    return $self->refuse( $req, $why ) unless $person;
    return $self->let_in( $req, $person->get_value('uid'), $new ) if $done == PE_PASSWORD_OK;
    return $self->unavailable($req) unless $REFUSAL{$done};
    return $self->form( $req, $db, $hash, $done );
}

# The person of that entry, if somebody is and may come in; else why not.
sub person {
    my ( $self, $uuid ) = @_;
    return ( undef, 'welcomeVoid' ) unless $uuid;
    return ( undef, 'silent' )      unless $self->bind;
    my $found = $self->ldap->search(
        base   => $self->conf->{ldapBase},
        scope  => 'one',
        filter => '(&(objectClass=inetOrgPerson)(entryUUID=' . escape_filter_value($uuid) . '))',
        attrs  => [qw(uid cn pwdAccountLockedTime)],
    );
    if ( $found->code ) {
        $self->logger->error( 'Whose letter it is was not read: ' . $found->error );
        return ( undef, 'silent' );
    }
    my $person = $found->entry(0) or return ( undef, 'welcomeVoid' );
    return ( undef, 'welcomeLocked' )
      if ( $person->get_value('pwdAccountLockedTime') // '' ) eq $LOCKED;
    return ( $person, '' );
}

sub set {
    my ( $self, $req, $person, $new ) = @_;
    $req->user( $person->get_value('uid') );
    $req->data->{dn} = $person->dn;
    my $done = $self->p->_passwordDB->setNewPassword( $req, $new, 0 );
    $self->userLogger->notice( 'First own password set by ' . $req->user . ' with a letter' )
      if $done == PE_PASSWORD_OK;
    return $done;
}

# As the login's form does, from where it has looked what was typed; a second factor that must be is
# asked for there.
sub let_in {
    my ( $self, $req, $uid, $password ) = @_;
    my $p = $self->p;
    $req->user($uid);
    delete $req->data->{dn};
    $req->data->{password} = $password;
    $req->urldc( $self->conf->{portal} =~ s{/?$}{/welcome}r );
    return $p->do(
        $req,
        [
            qw(getUser authenticate), @{ $p->betweenAuthAndData },
            $p->sessionData,  @{ $p->afterData },
            $p->validSession, @{ $p->endAuth }
        ]
    );
}

sub refuse {
    my ( $self, $req, $why ) = @_;
    $self->userLogger->notice( "A letter's link was refused ($why) to " . $req->address );
    return $self->page( $req, ASK => 1, VOID => $why );
}

sub page {
    my ( $self, $req, %said ) = @_;
    return $self->p->sendHtml( $req, 'welcome', params => \%said );
}

sub unavailable {
    my ( $self, $req ) = @_;
    return $self->p->sendError( $req, 'The directory does not answer', 503 );
}

# A connection for this page alone: processes fork, and a database restarts.
sub database {
    my ($self) = @_;
    my ( $source, $user, $password ) =
      @{ $self->conf->{globalStorageOptions} }{qw(DataSource UserName Password)};
    my $db = eval {
        DBI->connect( $source, $user, $password, { RaiseError => 1, PrintError => 0 } );
    };
    $self->logger->error('The database of letters does not answer') unless $db;
    return $db;
}

1;
