package Lemonldap::NG::Portal::Plugins::AppPasswords;

# A person makes a password for one mail program or phone, sees it once, and takes it away again.
# It is an entry of the directory (README of the role openldap, ou=app-passwords), which hashes it.
# Written for what the portal offers plugins:
# https://lemonldap-ng.org/documentation/2.0/plugincustom
use strict;
use warnings;
use Crypt::URandom qw(urandom);
use Encode qw(decode encode is_utf8);
use Lemonldap::NG::Portal::Main::Constants qw(PE_OK);
use Mouse;
use Net::LDAP::Constant qw(LDAP_ALREADY_EXISTS);
use Net::LDAP::Util qw(escape_dn_value escape_filter_value);

extends qw(
  Lemonldap::NG::Portal::Main::Plugin
  Lemonldap::NG::Portal::Lib::LDAP
);

# Without the letters that look like figures. 32 of them: five bits each.
my @SIGNS = split //, '0123456789abcdefghjkmnpqrstvwxyz';
my $ID    = qr/^[0-9a-z]{4}-[0-9a-z]{4}$/;
my $MOST  = 20;
my $LONGEST_NAME = 64;

has base => (
    is      => 'ro',
    lazy    => 1,
    default => sub { $_[0]->conf->{customPluginsParams}->{appPasswordsBase} }
);
has tokens => (
    is      => 'ro',
    lazy    => 1,
    default => sub {
        my $made = $_[0]->p->loadModule('Lemonldap::NG::Portal::Lib::OneTimeToken');
        $made->timeout( $_[0]->conf->{formTimeout} );
        return $made;
    }
);

# The start page leads here.
use constant hook => { sendHtml => 'say' };

sub init {
    my ($self) = @_;
    $self->addAuthRouteWithRedirect( apppasswords => 'show', ['GET'] )
      ->addAuthRoute( apppasswords => 'change', ['POST'] );
    return $self->base ? 1 : 0;
}

sub say {
    my ( $self, $req, $template, $args ) = @_;
    $args->{params}->{APP_PASSWORDS} = 1;
    return PE_OK;
}

sub show {
    my ( $self, $req ) = @_;
    return $self->page($req);
}

# What the page's forms send: a name for a new one, or the id of one to take away.
sub change {
    my ( $self, $req ) = @_;
    return $self->page( $req, refused => 'appPasswordAgain' )
      unless $self->tokens->getToken( $req->param('token') // '' );
    my $held = $self->held($req) or return $self->unavailable($req);
    if ( my $id = $req->param('remove') ) {
        my ($mine) = grep { $_->{id} eq $id } @$held;
        return $self->page( $req, refused => 'appPasswordAgain' ) unless $mine;
        return $self->remove( $req, $id );
    }
    return $self->page( $req, refused => 'appPasswordMost' ) if @$held >= $MOST;
    my $name = clean( $req->param('name') );
    return $self->page( $req, refused => 'appPasswordName' ) if $name eq '';
    return $self->make( $req, $name );
}

sub make {
    my ( $self, $req, $name ) = @_;
    for ( 1 .. 5 ) {
        my @groups = map { group() } 1 .. 5;
        my $id     = join '-', @groups[ 0, 1 ];
        my $secret = join '-', @groups;
        my $done   = $self->ldap->add(
            "cn=$id," . $self->base,
            attrs => [
                objectClass  => [qw(applicationProcess simpleSecurityObject)],
                cn           => $id,
                seeAlso      => $req->userData->{_dn},
                description  => $name,
                userPassword => $secret,
            ]
        );
        next if $done->code == LDAP_ALREADY_EXISTS;
        if ( $done->code ) {
            $self->logger->error( 'App password not made: ' . $done->error );
            return $self->unavailable($req);
        }
        $self->userLogger->notice( "App password $id made by " . $self->who($req) );
        return $self->page( $req, id => $id, secret => $secret );
    }
    return $self->unavailable($req);
}

sub remove {
    my ( $self, $req, $id ) = @_;
    my $done = $self->ldap->delete( "cn=" . escape_dn_value($id) . ',' . $self->base );
    if ( $done->code ) {
        $self->logger->error( 'App password not removed: ' . $done->error );
        return $self->unavailable($req);
    }
    $self->userLogger->notice( "App password $id removed by " . $self->who($req) );
    return $self->page( $req, removed => 1 );
}

# The person's app passwords, without the passwords, the newest last; undef if nobody answers.
sub held {
    my ( $self, $req ) = @_;
    return undef unless $self->bind;
    my $found = $self->ldap->search(
        base   => $self->base,
        scope  => 'one',
        filter => '(seeAlso=' . escape_filter_value( $req->userData->{_dn} ) . ')',
        attrs  => [qw(cn description createTimestamp pwdLastSuccess)],
    );
    if ( $found->code ) {
        $self->logger->error( 'App passwords not read: ' . $found->error );
        return undef;
    }
    my @held = map { {
            id   => $_->get_value('cn'),
            name => encode( 'UTF-8', text( $_->get_value('description') // '' ) ),
            made => day( $_->get_value('createTimestamp') ),
            used => day( $_->get_value('pwdLastSuccess') ),
    } } $found->entries;
    return [ sort { $a->{made} cmp $b->{made} || $a->{id} cmp $b->{id} } grep { $_->{id} =~ $ID } @held ];
}

sub page {
    my ( $self, $req, %said ) = @_;
    my $held = $self->held($req) or return $self->unavailable($req);
    return $self->p->sendHtml(
        $req,
        'apppasswords',
        params => {
            HELD    => $held,
            TOKEN   => $self->tokens->createToken(),
            LOGIN   => $req->userData->{mail},
            REFUSED => $said{refused},
            REMOVED => $said{removed},
            NEW_ID  => $said{id},
            SECRET  => $said{secret},
        }
    );
}

sub unavailable {
    my ( $self, $req ) = @_;
    return $self->p->sendError( $req, 'The directory does not answer', 503 );
}

sub who {
    my ( $self, $req ) = @_;
    return $req->userData->{ $self->conf->{whatToTrace} } // '';
}

sub group {
    return join '', map { $SIGNS[ $_ & 31 ] } unpack 'C4', urandom(4);
}

# What a person calls it: no control characters, no blanks around it, not endless.
sub clean {
    my $name = text( $_[0] // '' );
    $name =~ s/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/ /g;
    $name =~ s/^\s+|\s+$//g;
    return substr $name, 0, $LONGEST_NAME;
}

sub text {
    my ($bytes) = @_;
    return is_utf8($bytes) ? $bytes : decode( 'UTF-8', $bytes );
}

sub day {
    return ( $_[0] // '' ) =~ /^(\d{4})(\d\d)(\d\d)/ ? "$1-$2-$3" : '';
}

1;
